"""Starts a throw-away Dovecot: an IMAP server with TLS whose mailboxes tests may fill from behind."""

from __future__ import annotations

import getpass
import grp
import itertools
import os
import shutil
import signal
import string
import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import ClassVar

from tests.servers.certificate import write_certificate
from tests.servers.imap_reader import ImapReader
from tests.servers.server import HOST, Server, accepts, find_program, free_ports, is_root, lacks

PASSWORD = "pass"

_CONFIG = string.Template(r"""
protocols = imap
listen = $host
base_dir = $folder/run
state_dir = $folder/state
log_path = $folder/dovecot.log
default_login_user = $login_user
default_internal_user = $internal_user
default_internal_group = $internal_group

ssl = yes
ssl_cert = <$folder/cert.pem
ssl_key = <$folder/key.pem
disable_plaintext_auth = no
auth_mechanisms = plain login
auth_failure_delay = 0
passdb {
  driver = static
  args = password=$password
}
userdb {
  driver = static
  args = uid=$mail_user gid=$mail_group home=$folder/mail/%u allow_all_users=yes
}

mail_location = maildir:$folder/mail/%u:LAYOUT=fs:UTF-8
mail_fsync = never
first_valid_uid = 1
mail_max_userip_connections = 500
hostname = localhost
namespace inbox {
  inbox = yes
  separator = /
  mailbox Sent {
    auto = subscribe
    special_use = \Sent
  }
  mailbox Drafts {
    auto = create
    special_use = \Drafts
  }
  mailbox Junk {
    auto = create
    special_use = \Junk
  }
  mailbox Trash {
    auto = create
    special_use = \Trash
  }
}
protocol imap {
  imap_idle_notify_interval = 10s
}

service imap-login {
  chroot =
  service_count = 0
  inet_listener imap {
    port = $port
  }
  inet_listener imaps {
    port = $tls_port
  }
}
service anvil {
  chroot =
  # Without this, each wrong password makes all later logins seconds slower.
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service stats {
  chroot =
}
service imap {
  process_min_avail = 1
  client_limit = 1
}
$extra
""")


class Dovecot(Server):
    """IMAP on `port` (plain or STARTTLS) and `tls_port` (TLS); any user name, password PASSWORD.

    `extra` is added to the configuration, for example "protocol imap {\\n imap_capability = IMAP4rev1\\n}".
    The certificate is for localhost and 127.0.0.1, signed by the authority in `ca_file`.
    """

    title: ClassVar[str] = "Dovecot 2.3"
    packages: ClassVar[tuple[str, ...]] = ("dovecot-imapd",)
    user: ClassVar[str | None] = None  # its master stays root, and gives up rights process by process

    def __init__(self, extra: str = "") -> None:
        super().__init__()
        self.extra = extra
        self.host = HOST
        self.port = 0
        self.tls_port = 0
        self._numbers = itertools.count(1)

    @classmethod
    def available(cls) -> str | None:
        """None if Dovecot with IMAP is there, in the version whose configuration is written here."""
        program = find_program("dovecot")
        imap = Path("/usr/lib/dovecot/imap")
        if missing := lacks(cls.title, cls.packages, program, str(imap) if imap.exists() else None):
            return missing
        version = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False).stdout
        return None if version.startswith("2.3.") else f"Dovecot 2.3 is needed, not {version.strip()}"

    @property
    def ca_file(self) -> Path:
        """The authority a client has to trust."""
        return self.folder / "ca.pem"

    def reader(self, user: str) -> ImapReader:
        """A second opinion: a plain imaplib session of that user, to be used as a context manager."""
        return ImapReader(self.host, self.port, user, PASSWORD)

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        """Where the messages of a folder lie (in new/ and cur/); the folder is made if needed."""
        home = self.folder / "mail" / user
        path = home if folder == "INBOX" else home / folder
        for each in (path / "cur", path / "new", path / "tmp"):
            if not each.is_dir():
                each.mkdir(parents=True)
                self._hand_over(*(parent for parent in (each, *each.parents) if home in (parent, *parent.parents)))
        return path

    def deliver(
        self, user: str, raw: bytes, folder: str = "INBOX", *, flags: str = "", when: datetime | None = None
    ) -> Path:
        """Put a message into a mailbox from behind; UIDs follow the order of these calls.

        Flags are those of Maildir: D(raft) F(lagged) R(eplied) S(een) T(rashed). `when` becomes INTERNALDATE.
        """
        maildir = self.maildir(user, folder)
        number = next(self._numbers)
        # Dovecot gives UIDs in the order of these names.
        name = f"{1_000_000_000 + number}.M{number}P{os.getpid()}.test"
        waiting = maildir / "tmp" / name
        waiting.write_bytes(raw)
        if when:
            os.utime(waiting, (when.timestamp(), when.timestamp()))
        self._hand_over(waiting)
        return waiting.rename(maildir / "cur" / f"{name}:2,{flags}" if flags else maildir / "new" / name)

    def fill(self, user: str, messages: Iterable[bytes], folder: str = "INBOX", *, flags: str = "") -> None:
        """Deliver many messages."""
        for raw in messages:
            self.deliver(user, raw, folder, flags=flags)

    def renumber(self, user: str, folder: str = "INBOX", uidvalidity: int = 99) -> None:
        """Lose the index, as after a restore: all messages get new UIDs from 100 on, under this UIDVALIDITY."""
        maildir = self.maildir(user, folder)
        for path in maildir.glob("dovecot*"):
            path.unlink(missing_ok=True)  # Dovecot may put another in its place meanwhile
        uids = maildir / "tmp" / "uidlist"
        uids.write_text(f"3 V{uidvalidity} N100 G0123456789abcdef0123456789abcdef\n")
        self._hand_over(uids)
        uids.rename(maildir / "dovecot-uidlist")  # whole and ours at once: Dovecot may be looking

    def _hand_over(self, *paths: Path) -> None:
        if is_root():
            for path in paths:
                shutil.chown(path, "nobody", "nogroup")

    def _prepare(self) -> list[str]:
        self.port, self.tls_port = free_ports(2)
        for name in ("run", "state", "mail"):
            (self.folder / name).mkdir()
        self._hand_over(self.folder / "mail")
        write_certificate(self.folder)
        config = self.folder / "dovecot.conf"
        config.write_text(_CONFIG.substitute(self._settings()))
        return [str(find_program("dovecot")), "-F", "-c", str(config)]

    def _settings(self) -> dict[str, str | int | Path]:
        if is_root():
            users = {"login_user": "dovenull", "internal_user": "dovecot", "internal_group": "dovecot"}
            users |= {"mail_user": "nobody", "mail_group": "nogroup"}
        else:
            me, group = getpass.getuser(), grp.getgrgid(os.getgid()).gr_name
            users = dict.fromkeys(("login_user", "internal_user", "mail_user"), me)
            users |= dict.fromkeys(("internal_group", "mail_group"), group)
        ports = {"port": self.port, "tls_port": self.tls_port}
        return {"host": HOST, "folder": self.folder, "password": PASSWORD, "extra": self.extra, **users, **ports}

    def _ready(self) -> bool:
        return accepts(self.port, b"* OK")

    def _death_signal(self) -> signal.Signals:
        # If the tests vanish, its master must live long enough to end its children. When they stop it, it need not.
        return signal.SIGTERM
