"""The unsubscribe request that a mail program writes for its user: the mailto form of List-Unsubscribe (RFC 2369)."""

import re

from mailcrm.ingest.mail.threads import base_subject
from mailcrm.model.message import ParsedHeaders

# What itsdangerous signs is url-safe base64 in parts that dots join; a dot in front marks compressed content.
_REQUEST = re.compile(r"unsubscribe\s*[:：]?\s+<?([A-Za-z0-9_.=-]{8,512})>?", re.IGNORECASE)


def read_unsubscribe_token(headers: ParsedHeaders) -> str | None:
    """The token of a subject "unsubscribe TOKEN", reply prefixes allowed. The caller verifies its signature."""
    request = _REQUEST.fullmatch(base_subject(headers.subject))
    return request[1] if request else None
