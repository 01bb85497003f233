"""The mail servers that the same tests run on."""

from __future__ import annotations

from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot

MailServer = Dovecot | Cyrus
"""Both have host, port, tls_port, ca_file, and reader, deliver, fill and renumber for users of any name."""

MAIL_SERVERS: dict[str, type[MailServer]] = {"dovecot": Dovecot, "cyrus": Cyrus}
