"""The accounts of the configuration: which mailboxes are read, where, and how much they may send."""

from datetime import date
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import quote

from pydantic import AfterValidator, Field, ValidationInfo, field_validator, model_validator

from mailcrm.config.oauth import OAuthSection
from mailcrm.config.section import Port, Secret, Section
from mailcrm.errors import UserError
from mailcrm.model.account import Attachments, Capture, CustomerWhen, Visibility
from mailcrm.model.address import address_key, parse_address
from mailcrm.model.base_url import LOOPBACK
from mailcrm.model.provider import Compress, Security
from mailcrm.model.proxy import parse_proxy


def _written_address(value: str) -> str:
    """As it was written: what is compared is made of it later."""
    try:
        parse_address(value)
    except UserError as exc:
        raise ValueError(exc.message) from exc
    return value


Address = Annotated[str, AfterValidator(_written_address)]


class ServerSection(Section):
    """A mail server to talk to."""

    host: str = Field(min_length=1)
    port: Port
    security: Security = Security.TLS
    ca_file: Path | None = None

    @model_validator(mode="after")
    def _no_plain_text_over_a_network(self) -> Self:
        if self.security == Security.NONE and self.host not in LOOPBACK:
            raise ValueError("security 'none' is accepted for this machine only; use 'tls' or 'starttls'")
        return self


class ImapSection(ServerSection):
    """The server that a mailbox is read from, the proxy on the way to it, and how many bytes it may send us in a day.

    `{password}` in the proxy's URL stands for `proxy_password`. `qresync` None: where the provider's is known to be right.
    """

    proxy: str | None = Field(default=None, repr=False)
    proxy_password: Secret | None = None
    compress: Compress = Compress.AUTO
    qresync: bool | None = None
    bytes_per_day: int | None = Field(default=None, ge=0)

    @field_validator("proxy")
    @classmethod
    def _a_proxy(cls, value: str | None) -> str | None:
        try:
            if value is not None:
                parse_proxy(value)
        except UserError as exc:
            raise ValueError(exc.message) from exc
        return value

    @model_validator(mode="after")
    def _password_has_its_place(self) -> Self:
        if (self.proxy_password is not None) != ("{password}" in (self.proxy or "")):
            raise ValueError("proxy_password belongs to {password} in the address of the proxy, and the reverse")
        return self

    def proxy_url(self, key: str) -> str:
        """The proxy with its password, '' if there is none. Raises ConfigError naming `key` if it cannot be read."""
        if self.proxy_password is None:
            return self.proxy or ""
        return (self.proxy or "").replace("{password}", quote(self.proxy_password.read(key), safe=""))


class AccountSending(Section):
    """How much and how fast an account may send."""

    connections: int = Field(default=2, ge=1, le=50)
    per_minute: int | None = Field(default=None, ge=1)
    per_day: int | None = Field(default=None, ge=1)
    mails_per_connection: int = Field(default=100, ge=1)
    from_name: str = ""
    reply_to: Address | None = None


class Initial(Section):
    """What a mailbox starts with when it is seen for the first time; later `mailcrm accounts set` decides."""

    capture: Capture = Capture.METADATA
    visibility: Visibility = Visibility.PRIVATE
    customer_when: CustomerWhen = CustomerWhen.REPLIED
    owner: str | None = None


class Account(Section):
    """A login that mailcrm polls, and may send from."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$")
    address: str
    aliases: tuple[Address, ...] = ()
    login: str | None = None
    oauth: OAuthSection | None = None
    secret: Secret | None = Field(default=None, validate_default=True)
    secret_expires: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    imap: ImapSection
    smtp: ServerSection | None = None
    initial: Initial = Initial()
    since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    attachments: Attachments = Attachments.NOW
    leave_out_folders: tuple[str, ...] = ()
    never_log: tuple[str, ...] = ()
    sending: AccountSending = AccountSending()

    @field_validator("secret")
    @classmethod
    def _one_way_to_sign_in(cls, value: Secret | None, info: ValidationInfo) -> Secret | None:
        if value is None and "oauth" in info.data and info.data["oauth"] is None:
            raise ValueError("is missing; give it, or the table oauth")
        if value is not None and info.data.get("oauth") is not None:
            raise ValueError("belongs to accounts without the table oauth")
        return value

    @field_validator("address")
    @classmethod
    def _an_address(cls, value: str) -> str:
        if "@" not in address_key(value):
            raise ValueError("not an e-mail address")
        return value

    @field_validator("since", "secret_expires")
    @classmethod
    def _a_real_day(cls, value: str | None) -> str | None:
        if value is not None:
            date.fromisoformat(value)
        return value

    @property
    def login_name(self) -> str:
        """What the server knows us as: usually the address."""
        return self.login or self.address

    @property
    def password(self) -> str:
        """The secret, '' for an account that signs in by OAuth. Raises ConfigError if it cannot be read."""
        return "" if self.secret is None else self.secret.read(f"accounts.{self.name}.secret")
