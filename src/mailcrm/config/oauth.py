"""How an account signs in by OAuth: at whose pages, and who we are there."""

from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from mailcrm.config.section import Secret, Section
from mailcrm.model.base_url import LOOPBACK
from mailcrm.model.oauth import ENDPOINTS, Client, Endpoints, OAuthProvider


class OAuthSection(Section):
    """A provider that is known, or the addresses of one that is not; addresses given replace the provider's."""

    provider: OAuthProvider | None = None
    client_id: str = Field(min_length=1)
    client_secret: Secret | None = None
    tenant: str = Field(default="common", pattern=r"^[A-Za-z0-9.-]+$")
    authorization_url: str | None = None
    token_url: str | None = None
    device_url: str | None = None
    scopes: tuple[str, ...] = ()

    @field_validator("authorization_url", "token_url", "device_url")
    @classmethod
    def _protected(cls, value: str) -> str:
        parts = urlsplit(value)  # a ValueError of its own says what is wrong with the port
        host = parts.hostname if parts.port != 0 and not parts.fragment else None
        if not host or parts.scheme not in ("https", "http") or (parts.scheme == "http" and host not in LOOPBACK):
            raise ValueError("not an https address; http is accepted for this machine only")
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.provider is None and not (self.authorization_url and self.token_url and self.scopes):
            raise ValueError("give provider (google, microsoft), or authorization_url, token_url and scopes")
        return self

    def endpoints(self) -> Endpoints:
        """Where one signs in and what is asked for."""
        known = Endpoints("", "") if self.provider is None else ENDPOINTS[self.provider]
        return Endpoints(
            self.authorization_url or self._of_tenant(known.authorization_url),
            self.token_url or self._of_tenant(known.token_url),
            self.device_url or self._of_tenant(known.device_url),
            self.scopes or known.scopes,
            known.extras,
            known.redirect_host,
        )

    def _of_tenant(self, url: str) -> str:
        return url.replace("{tenant}", self.tenant)

    def client(self, key: str) -> Client:
        """Who we are there. Raises ConfigError naming `key` if the secret cannot be read."""
        secret = "" if self.client_secret is None else self.client_secret.read(f"{key}.client_secret")
        return Client(self.client_id, self.endpoints(), secret)
