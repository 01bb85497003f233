"""Signed tokens for public links: no table, no randomness, nothing to look up before they are believed.

The newest key signs, all keys verify, so that a key can be rotated while old unsubscribe links keep working for ever.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # whoever only hands the keys on need not load it
    from itsdangerous import URLSafeSerializer

_UNSUBSCRIBE = "unsubscribe"


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
