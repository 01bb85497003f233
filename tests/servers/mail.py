"""The mail servers that the same tests run on."""

from __future__ import annotations

from collections.abc import Callable

from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot

MailServer = Dovecot | Cyrus
"""Both have host, port, tls_port, ca_file, and reader, deliver, fill and renumber for users of any name."""

MAIL_SERVERS: dict[str, type[MailServer]] = {"dovecot": Dovecot, "cyrus": Cyrus}


def _dovecot_with(offered: str) -> Callable[[], MailServer]:
    capabilities = f"IMAP4rev1 LITERAL+ ID UIDPLUS {offered}"
    return lambda: Dovecot(f"protocol imap {{\n imap_capability = {capabilities}\n}}")


FOLLOWING: dict[str, Callable[[], MailServer]] = {
    "qresync": Dovecot,
    "condstore": _dovecot_with("CONDSTORE ESEARCH LIST-EXTENDED LIST-STATUS SPECIAL-USE"),
    "neither": _dovecot_with("IDLE"),
    "cyrus": Cyrus,
}
"""Servers that differ in how a client learns what changed. Cyrus has QRESYNC, and ids for mails and folders."""
