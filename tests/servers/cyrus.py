"""Starts a throw-away Cyrus IMAP server: a second opinion on what servers do, with ids for mails and folders (RFC 8474).

Debian's package cannot be installed beside Dovecot's, so tests/servers/install.py unpacks its programs into a folder of
their own. Where Cyrus is installed, that is taken.
"""

from __future__ import annotations

import contextlib
import getpass
import grp
import os
import re
import shutil
import signal
import string
import subprocess
import time
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from tests.servers.certificate import write_certificate
from tests.servers.imap_reader import ImapReader, encode_folder
from tests.servers.saslauthd import Saslauthd
from tests.servers.server import HOST, Server, ServerDown, accepts, free_ports, is_root

PASSWORD = "pass"
UNPACKED = Path("/var/cache/mailcrm-tests/cyrus")
"""Not below a home folder: where the tests run as root, the server runs as a user who may not look into root's."""

_FLAGS = {"D": "\\Draft", "F": "\\Flagged", "R": "\\Answered", "S": "\\Seen", "T": "\\Deleted"}
_LINE_END = re.compile(rb"\r\n|\r|\n")
_CONFIG = string.Template("""
configdirectory: $folder/conf
partition-default: $folder/spool
sievedir: $folder/sieve
cyrus_user: $user
cyrus_group: $group
servername: localhost
virtdomains: userid
unixhierarchysep: yes
conversations: yes
expunge_mode: semidelayed
skiplist_unsafe: yes

allowplaintext: yes
failedloginpause: 0
sasl_mech_list: PLAIN LOGIN
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: $folder/saslauthd
tls_server_cert: $folder/cert.pem
tls_server_key: $folder/key.pem

autocreate_quota: 0
autocreate_inbox_folders: Sent|Drafts|Junk|Trash
xlist-sent: Sent
xlist-drafts: Drafts
xlist-junk: Junk
xlist-trash: Trash
""")
_SERVICES = string.Template("""
START {
  recover cmd="$programs/ctl_cyrusdb -C $folder/imapd.conf -r"
}
SERVICES {
  imap cmd="$programs/imapd -C $folder/imapd.conf" listen="$host:$port" prefork=1
  imaps cmd="$programs/imapd -C $folder/imapd.conf -s" listen="$host:$tls_port" prefork=1
}
DAEMON {
  idled cmd="$programs/idled -C $folder/imapd.conf"
}
""")


# When the tests vanish, all of it ends at once: one time in ten its master, told to end, loops for ever instead.
_WARDEN = 'trap "kill -KILL 0" TERM; "$@" & wait "$!"'


class Cyrus(Server):
    """IMAP on `port` (plain or STARTTLS) and `tls_port` (TLS); any user name, password PASSWORD.

    `extra` is for imapd.conf, instead of what is said there, for example "suppress_capabilities: QRESYNC"; `fill` and
    `renumber` need unixhierarchysep as it is. The certificate is for localhost and 127.0.0.1, signed by the authority
    in `ca_file`.
    """

    title: ClassVar[str] = "Cyrus 3"
    packages: ClassVar[tuple[str, ...]] = ("cyrus-common", "cyrus-imapd")

    def __init__(self, extra: str = "") -> None:
        super().__init__()
        self.extra = extra
        self.host = HOST
        self.port = 0
        self.tls_port = 0
        self._passwords: Saslauthd | None = None

    @classmethod
    def available(cls) -> str | None:
        """None if the programs of Cyrus are there, with all the libraries that they need."""
        root = _root()
        if not (_programs(root) / "imapd").exists():
            return (
                f"{cls.title} is not there (Debian, as root: python -m tests.servers.install puts it into {UNPACKED})"
            )
        environment = {**os.environ, "LD_LIBRARY_PATH": _libraries(root)}
        ldd = ["ldd", str(_programs(root) / "imapd")]
        needed = subprocess.run(ldd, env=environment, capture_output=True, text=True, check=False).stdout
        lacking = [line.split()[0] for line in needed.splitlines() if line.endswith("not found")]
        return f"{cls.title} lacks libraries: {' '.join(lacking)}" if lacking else None

    @property
    def ca_file(self) -> Path:
        """The authority a client has to trust."""
        return self.folder / "ca.pem"

    def stop(self) -> None:
        """End the program at once and remove its folder; harmless when it does not run."""
        super().stop()
        if self._passwords:
            self._passwords.stop()
            self._passwords = None

    def reader(self, user: str) -> ImapReader:
        """A second opinion: a plain imaplib session of that user, to be used as a context manager."""
        return ImapReader(self.host, self.port, user, PASSWORD)

    def deliver(
        self, user: str, raw: bytes, folder: str = "INBOX", *, flags: str = "", when: datetime | None = None
    ) -> None:
        """Put a message into a mailbox, into a new folder if need be; flags as Maildir has them: D F R S T."""
        with self._opened(user, folder) as reader:
            reader.append(folder, raw, flags=[_FLAGS[each] for each in flags], when=when)

    def fill(self, user: str, messages: Iterable[bytes], folder: str = "INBOX", *, flags: str = "") -> None:
        """Deliver many messages, from behind: APPEND takes much longer."""
        with self._opened(user, folder) as reader:
            place, first = self._place(user, folder), reader.status(folder)["UIDNEXT"]
            for uid, raw in enumerate(messages, start=first):
                (place / f"{uid}.").write_bytes(_LINE_END.sub(b"\r\n", raw))
                self._hand_over(place / f"{uid}.")
            self._tool("reconstruct", self._internal(user, folder))
            self._await_folder(user, folder)
            if flags:
                reader.set_flags(folder, f"{first}:*", [_FLAGS[each] for each in flags])

    def _await_folder(self, user: str, folder: str) -> None:
        """Until a new session is shown it: on a busy machine one was once not, right after the tool had ended."""
        patience = time.monotonic() + 10
        while time.monotonic() < patience:
            with self.reader(user) as fresh:
                if folder in fresh.folders():
                    return
            time.sleep(0.05)
        raise ServerDown(f"{self.title} does not show {folder!r}")

    @contextlib.contextmanager
    def _opened(self, user: str, folder: str) -> Iterator[ImapReader]:
        """A session of a user who has this folder."""
        with self.reader(user) as reader:
            if folder not in reader.folders():
                reader.create(folder)
            yield reader

    def renumber(self, user: str, folder: str = "INBOX", uidvalidity: int = 0) -> None:
        """Lose the index, as after a restore: all messages get new, higher UIDs and lose their flags.

        The UIDVALIDITY is one that Cyrus chooses; to say one is for other servers. The MAILBOXID stays.
        """
        place = self._place(user, folder)
        mails = sorted((int(path.name[:-1]), path) for path in place.glob("[0-9]*."))
        for uid, (_, path) in enumerate(mails, start=mails[-1][0] + 1 if mails else 1):
            path.rename(place / f"{uid}.")
        for each in ("cyrus.index", "cyrus.cache"):
            (place / each).unlink(missing_ok=True)
        self._tool("reconstruct", self._internal(user, folder))

    def _place(self, user: str, folder: str) -> Path:
        """Where the messages of a folder lie, in files called UID and a dot."""
        return Path(self._tool("mbpath", self._internal(user, folder)).strip())

    def _internal(self, user: str, folder: str) -> str:
        """What administrators call a folder: user/NAME/FOLDER@DOMAIN."""
        local, at, domain = user.partition("@")
        return f"user/{local}{'' if folder == 'INBOX' else '/' + encode_folder(folder)}{at}{domain}"

    def _tool(self, name: str, mailbox: str) -> str:
        """What a program of Cyrus says of a mailbox; it runs with the rights of the server."""
        command = [*self._launcher(), *self._program(name), mailbox]
        done = subprocess.run(command, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{name} {mailbox}: {done.stdout}{done.stderr}"
        return done.stdout

    def _program(self, name: str) -> list[str]:
        root = _root()
        command = [str(_programs(root) / name), "-C", str(self.folder / "imapd.conf")]
        return ["env", f"LD_LIBRARY_PATH={_libraries(root)}", *command]

    def _prepare(self) -> list[str]:
        self.port, self.tls_port = free_ports(2)
        write_certificate(self.folder)
        self._passwords = Saslauthd(self.folder / "saslauthd", PASSWORD)
        for name in ("conf", "conf/socket", "spool", "sieve"):  # without the second, idled ends without a word
            (self.folder / name).mkdir()
        (self.folder / "imapd.conf").write_text(self._config())
        (self.folder / "cyrus.conf").write_text(_SERVICES.substitute(self._settings()))
        self._hand_over(*self.folder.rglob("*"))
        more = ["-M", str(self.folder / "cyrus.conf"), "-p", str(self.folder / "master.pid"), "-D"]
        return ["sh", "-c", _WARDEN, "sh", *self._program("master"), *more]

    def _config(self) -> str:
        """An option that is said twice would end Cyrus without a word."""
        lines = _CONFIG.substitute(self._settings()).splitlines()
        instead = {line.partition(":")[0] for line in self.extra.splitlines()}
        return "\n".join([*(line for line in lines if line.partition(":")[0] not in instead), self.extra, ""])

    def _hand_over(self, *paths: Path) -> None:
        if is_root():
            for path in paths:
                shutil.chown(path, "nobody", "nogroup")

    def _settings(self) -> dict[str, str | int | Path]:
        if is_root():
            user, group = "nobody", "nogroup"
        else:
            user, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
        ports = {"port": self.port, "tls_port": self.tls_port}
        places = {"host": HOST, "folder": self.folder, "programs": _programs(_root())}
        return {"user": user, "group": group, **places, **ports}

    def _ready(self) -> bool:
        idled = (self.folder / "conf" / "socket" / "idle").exists()
        return idled and accepts(self.port, b"* OK") and accepts(self.tls_port)

    def _death_signal(self) -> signal.Signals:
        return signal.SIGTERM


def _root() -> Path:
    """Where Cyrus lies: installed, else unpacked."""
    installed = Path("/")
    return installed if (_programs(installed) / "imapd").exists() else UNPACKED


def _programs(root: Path) -> Path:
    return root / "usr/lib/cyrus/bin"


def _libraries(root: Path) -> str:
    """Its own libraries, below a folder that is called after the machine: x86_64-linux-gnu."""
    return ":".join(str(path) for path in (root / "usr/lib").glob("*-linux-*"))
