"""The whole file: one section for each room, and `Config`, which holds them. A room receives its section, never all."""

from pathlib import Path
from typing import Literal, Self
from urllib.parse import quote

from pydantic import Field, field_validator, model_validator

from mailcrm.config.accounts import Account
from mailcrm.config.section import Port, Secret, Section
from mailcrm.errors import UserError
from mailcrm.model.address import OwnAddresses, is_free_mail
from mailcrm.model.approval import FourEyes
from mailcrm.model.base_url import parse_base_url
from mailcrm.model.number import STANDARD, NumberPattern, Restart, parse_pattern


class Company(Section):
    """Who we are: addresses in these domains are colleagues, never customers."""

    name: str = ""
    domains: tuple[str, ...] = ()
    postal_address: str = ""

    @field_validator("domains")
    @classmethod
    def _no_free_mail(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        free = [domain for domain in value if is_free_mail(domain.strip().lower())]
        if free:
            raise ValueError(
                f"{', '.join(free)}: anybody can have an address there; list your own addresses as aliases"
            )
        return value


class StoreSection(Section):
    """The database. Without a URL: SQLite in the state directory."""

    url: str | None = None
    password: Secret | None = None


class KeySection(Section):
    """Overrides for the keys of STATE/keys/, e.g. from systemd credentials."""

    hmac: Secret | None = None
    links: Secret | None = None
    master: Secret | None = None


class PublicSection(Section):
    """The small web endpoint for unsubscribe links and public forms."""

    base_url: str | None = None
    listen: str = "127.0.0.1"
    port: Port = 8025
    enabled: bool = True

    @field_validator("base_url")
    @classmethod
    def _https(cls, value: str | None) -> str | None:
        try:
            return parse_base_url(value) if value else None
        except UserError as exc:
            raise ValueError(exc.message) from exc


class SyncSection(Section):
    """How mail is fetched."""

    poll_seconds: int = Field(default=60, ge=1, le=1740)
    connections_per_host: int | None = Field(default=None, ge=1, le=1000)
    connect_timeout: float = Field(default=30, gt=0)
    read_timeout: float = Field(default=90, gt=0)
    batch_messages: int = Field(default=200, ge=1, le=5000)
    batch_bytes: int = Field(default=8 * 1024 * 1024, ge=65536)
    live_limit: int = Field(default=50, ge=1)


class SendingSection(Section):
    """The sender's patience. Whether anything is sent at all is `mailcrm send on|off`."""

    lease_seconds: float = Field(default=60, gt=0)
    in_doubt_wait_seconds: float = Field(default=900, ge=0)
    timeout: float = Field(default=60, gt=0)
    idle_seconds: float = Field(default=5, gt=0)
    limit_without_base_url: int = Field(default=200, ge=0)


class ServiceSection(Section):
    """The daemon's own rhythm."""

    lease_seconds: float = Field(default=30, gt=1)
    cycle_seconds: float = Field(default=1, gt=0)
    grace_seconds: float = Field(default=15, gt=0)


class TeamSection(Section):
    """Which changes two people must want."""

    four_eyes: tuple[FourEyes, ...] = ()
    separate_logins: bool = False
    expire_days: int | None = Field(default=30, ge=1, le=3650)


class NumbersSection(Section):
    """How the next customer numbers look; those that were given stay as they are."""

    pattern: str = STANDARD.text
    person: str = "P"
    organisation: str = "O"
    restart: Restart = Restart.NEVER

    @model_validator(mode="after")
    def _is_a_pattern(self) -> Self:
        try:
            self.parsed()
        except UserError as exc:
            raise ValueError(exc.message) from exc
        return self

    def parsed(self) -> NumberPattern:
        """The pattern, ready to make numbers."""
        return parse_pattern(
            self.pattern, person=self.person, organisation=self.organisation, restart=self.restart
        )  # fmt: skip


class LogSection(Section):
    """What the daemon writes: one line an event, to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["json", "console", "auto"] = "auto"


class Config(Section):
    """The whole file."""

    state: Path = Path("~/.local/state/mailcrm")
    language: Literal["en", "zh-CN"] = "en"
    company: Company = Company()
    store: StoreSection = StoreSection()
    keys: KeySection = KeySection()
    accounts: tuple[Account, ...] = ()
    sync: SyncSection = SyncSection()
    sending: SendingSection = SendingSection()
    public: PublicSection = PublicSection()
    numbers: NumbersSection = NumbersSection()
    team: TeamSection = TeamSection()
    service: ServiceSection = ServiceSection()
    log: LogSection = LogSection()

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        names = [account.name for account in self.accounts]
        double = sorted({name for name in names if names.count(name) > 1})
        if double:
            raise ValueError(f"accounts: the name {', '.join(double)} is used twice; names identify accounts for ever")
        return self

    @property
    def state_dir(self) -> Path:
        """Where the database, the blobs and the keys live."""
        return self.state.expanduser()

    def database_url(self) -> str:
        """The SQLAlchemy URL, with the password filled in where it is a reference."""
        if self.store.url is None:
            return f"sqlite:///{self.state_dir / 'mailcrm.db'}"
        if self.store.password is None:
            return self.store.url
        return self.store.url.replace("{password}", quote(self.store.password.read("store.password"), safe=""))

    def own_addresses(self) -> OwnAddresses:
        """All addresses that are ours."""
        mine = [a for account in self.accounts for a in (account.address, *account.aliases)]
        return OwnAddresses.build(mine, self.company.domains)

    def account(self, name: str) -> Account | None:
        """The account of that name, None if the file has none."""
        return next((account for account in self.accounts if account.name == name), None)
