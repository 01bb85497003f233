"""Signed tokens for public links and forms: no table, nothing to look up before they are believed.

The newest key signs, all keys verify, so that a key can be rotated while old unsubscribe links keep working for ever.
"""

import base64
import hmac
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from mailcrm.errors import UserError
from mailcrm.model.number import LONGEST, number_key

if TYPE_CHECKING:  # whoever only hands the keys on need not load it
    from itsdangerous import URLSafeSerializer

_UNSUBSCRIBE = "unsubscribe"
_REPLY = "reply"
_FORM = "form"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)
_LONGEST_REPLY = 64
"""Characters: what stands before the @ of an address has no more (RFC 5321, 4.5.3.1.1)."""


@dataclass(frozen=True, slots=True)
class FormToken:
    """What stands in a form that we gave out: which form, when (UTC, to the millisecond), and which page of it."""

    form: str
    given_at: datetime
    nonce: str


@dataclass(frozen=True)
class LinkKeys:
    """The keys of STATE/keys/links, oldest first; never shown, whatever prints what holds them."""

    keys: tuple[bytes, ...] = field(repr=False)

    def _serializer(self, purpose: str) -> "URLSafeSerializer":
        from itsdangerous import URLSafeSerializer

        return URLSafeSerializer(list(self.keys), salt=f"mailcrm.{purpose}")

    def unsubscribe_token(self, recipient_id: int) -> str:
        """A token that stops mail to the recipient of this row. It never expires (law.md 23)."""
        return str(self._serializer(_UNSUBSCRIBE).dumps(recipient_id))

    def read_unsubscribe(self, token: str) -> int | None:
        """The recipient row behind a token, None if it was not signed by us."""
        from itsdangerous import BadData

        try:
            value = self._serializer(_UNSUBSCRIBE).loads(token)
        except (BadData, UnicodeError):  # UnicodeError: bytes in a URL that are no text
            return None
        return value if isinstance(value, int) else None

    def form_token(self, token: FormToken) -> str:
        """The text that a form carries; whoever made the page chose the nonce by chance."""
        milliseconds = (token.given_at - _EPOCH) // _MILLISECOND
        return str(self._serializer(_FORM).dumps([token.form, milliseconds, token.nonce]))

    def read_form(self, text: str) -> FormToken | None:
        """What such a text says, None if it was not signed by us."""
        from itsdangerous import BadData

        try:
            form, milliseconds, nonce = self._serializer(_FORM).loads(text)
            return FormToken(str(form), _EPOCH + int(milliseconds) * _MILLISECOND, str(nonce))
        except (BadData, UnicodeError, TypeError, ValueError, OverflowError):
            return None

    def sign_reply(self, number: str) -> str:
        """A token that names a customer by their number, in what a reply carries back: an address or a subject line.

        Capitals do not count, for mail servers lose them. The number finds the customer after merges and changes of the
        pattern, so the token does, for ever. `number` is one of ours; raises UserError if it does not fit.
        """
        key = number_key(number)
        if not key or len(key) > LONGEST:
            raise UserError(f"{number[:LONGEST]!r} is not a customer number of ours")
        return f"{key}-{_seal(self.keys[-1], key)}".lower()

    def read_reply(self, token: str) -> str | None:
        """The number behind a token (`store.parties.find_party` finds whose it is), None if it was not signed by us."""
        text, dash, seal = token.strip().rpartition("-")
        key = number_key(text) if dash and text.isascii() and len(token) <= _LONGEST_REPLY else ""
        given = seal.upper().encode("ascii", "replace")
        signed = [hmac.compare_digest(_seal(one, key).encode(), given) for one in self.keys]
        return key if key and any(signed) else None


def _seal(key: bytes, number: str) -> str:
    """80 bits of HMAC-SHA-256 in base 32: letters and digits that survive an address."""
    made = hmac.digest(key, f"mailcrm.{_REPLY}:{number}".encode(), "sha256")
    return base64.b32encode(made[:10]).decode()
