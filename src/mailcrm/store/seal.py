"""Secrets at rest: AES-256-GCM under the key `master`, bound to the place where they are kept."""

import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mailcrm.errors import ConfigError

_FORM = b"\x01"  # so that another cipher can follow one day
_NONCE = 12


def seal(master: bytes, place: str, secret: bytes) -> bytes:
    """`secret` as it may be stored; `place` says of what it is, and only there can it be opened again."""
    nonce = os.urandom(_NONCE)
    return _FORM + nonce + _cipher(master).encrypt(nonce, secret, place.encode())


def unseal(master: bytes, place: str, sealed: bytes) -> bytes:
    """What was sealed for this place. Raises ConfigError if it was sealed with another key, elsewhere, or is damaged."""
    form, nonce, text = sealed[:1], sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    try:
        if form != _FORM:
            raise InvalidTag
        return _cipher(master).decrypt(nonce, text, place.encode())
    except (InvalidTag, ValueError) as exc:  # ValueError: too short
        raise ConfigError(
            "what was stored cannot be decrypted: the key `master` is not the one it was stored with"
        ) from exc


def _cipher(master: bytes) -> AESGCM:
    """The key file holds text of any length: this makes 32 bytes of it, for this purpose alone."""
    return AESGCM(hmac.digest(master, b"mailcrm secrets at rest", "sha256"))
