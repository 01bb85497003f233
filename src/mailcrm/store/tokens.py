"""OAuth tokens of accounts, encrypted (decisions.md 12). Whoever renews them holds the lease `lease_name` meanwhile."""

import json
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from mailcrm.errors import ConfigError
from mailcrm.model.oauth import Tokens
from mailcrm.store.rows.account import Account
from mailcrm.store.seal import seal, unseal


def lease_name(account: str) -> str:
    """The lease on an account's tokens: an authorization server may let a refresh token be used only once."""
    return f"token:{account}"


def save_tokens(session: Session, account_id: int, tokens: Tokens, master: bytes) -> None:
    """Keep the tokens in place of older ones."""
    words = [tokens.access, tokens.refresh, tokens.renew_at.isoformat(), tokens.expires_at.isoformat(), tokens.who]
    sealed = seal(master, _place(account_id), json.dumps(words).encode())
    session.execute(update(Account).where(Account.id == account_id).values(oauth_token_enc=sealed))


def load_tokens(session: Session, account_id: int, master: bytes) -> Tokens | None:
    """The tokens; None if nobody has signed in. Raises ConfigError if they cannot be decrypted."""
    sealed = session.execute(select(Account.oauth_token_enc).where(Account.id == account_id)).scalar_one()
    if sealed is None:
        return None
    try:
        words = json.loads(unseal(master, _place(account_id), sealed))
    except ConfigError as exc:
        raise ConfigError(f"OAuth tokens: {exc.message}; restore that key, or sign in again") from exc
    access, refresh, renew_at, expires_at, who = words
    return Tokens(access, refresh, datetime.fromisoformat(renew_at), datetime.fromisoformat(expires_at), who)


def _place(account_id: int) -> str:
    return f"account:{account_id}:oauth"
