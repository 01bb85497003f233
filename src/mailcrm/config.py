"""The settings: TOML on disk, frozen values in memory, every problem reported at once by its key.

Nothing is read at import time. A room receives its section, never the whole `Config`. Secrets are references and are
read when they are needed: `{file = ...}`, `{env = ...}`, `{command = [...]}`, `{credential = ...}` (systemd).
"""

import difflib
import os
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import quote

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from mailcrm.errors import ConfigError, UserError
from mailcrm.model.account import Capture, CustomerWhen, Visibility
from mailcrm.model.address import OwnAddresses, address_key, is_free_mail, parse_address
from mailcrm.model.base_url import LOOPBACK, parse_base_url
from mailcrm.model.provider import Security
from mailcrm.model.proxy import parse_proxy

_SECRET_SECONDS = 20


class Section(BaseModel):
    """A table of the file: unknown keys are errors, values cannot change."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_enum_values=False)


class Secret(Section):
    """Where a secret is, never the secret itself. Exactly one of the four."""

    file: Path | None = None
    env: str | None = None
    command: tuple[str, ...] | None = None
    credential: str | None = None

    @model_validator(mode="after")
    def _exactly_one(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("give exactly one of file, env, command, credential")
        return self

    def read(self, key: str) -> str:
        """The secret, without a trailing newline. Raises ConfigError naming `key` and the reference, never the value."""
        try:
            text = self._read()
        except (OSError, UnicodeDecodeError, KeyError, subprocess.SubprocessError) as exc:
            raise ConfigError(f"{key}: cannot read the secret from {self.described()}: {_reason(exc)}") from exc
        if not text:
            raise ConfigError(f"{key}: the secret from {self.described()} is empty")
        return text

    def _read(self) -> str:
        if self.file is not None:
            return self.file.expanduser().read_text("utf-8").rstrip("\r\n")
        if self.env is not None:
            return os.environ[self.env]
        if self.credential is not None:
            return (Path(os.environ["CREDENTIALS_DIRECTORY"]) / self.credential).read_text("utf-8").rstrip("\r\n")
        assert self.command is not None
        done = subprocess.run(
            list(self.command),
            check=True,
            capture_output=True,
            text=True,
            timeout=_SECRET_SECONDS,
            stdin=subprocess.DEVNULL,
        )
        return done.stdout.rstrip("\r\n")

    def described(self) -> str:
        """For messages: kind and place of the reference."""
        name = next(iter(self.model_fields_set))
        value = getattr(self, name)
        return f"{name} {value[0] if name == 'command' else value}"


def _reason(exc: Exception) -> str:
    if isinstance(exc, KeyError):
        return f"{exc.args[0]} is not set in the environment"
    if isinstance(exc, subprocess.CalledProcessError):
        return f"the command ended with code {exc.returncode}"
    if isinstance(exc, subprocess.TimeoutExpired):
        return f"the command did not end within {_SECRET_SECONDS} s"
    if isinstance(exc, OSError):
        return exc.strerror or str(exc)
    return type(exc).__name__


Port = Annotated[int, Field(ge=1, le=65535)]


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
    """The server that a mailbox is read from, and the proxy on the way to it.

    `{password}` in the proxy's URL stands for `proxy_password`.
    """

    proxy: str | None = Field(default=None, repr=False)
    proxy_password: Secret | None = None

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
    secret: Secret
    secret_expires: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    imap: ImapSection
    smtp: ServerSection | None = None
    initial: Initial = Initial()
    since: str | None = Field(default=None, pattern=r"^\d{4}-\d{2}-\d{2}$")
    leave_out_folders: tuple[str, ...] = ()
    never_log: tuple[str, ...] = ()
    sending: AccountSending = AccountSending()

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
    """The small web endpoint for unsubscribe links."""

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


def search_path(environ: Mapping[str, str] = os.environ) -> Iterator[Path]:
    """Where a configuration is looked for, in order: $MAILCRM_CONFIG, here, the user's, the system's."""
    if environ.get("MAILCRM_CONFIG"):
        yield Path(environ["MAILCRM_CONFIG"])
        return
    yield Path("mailcrm.toml")
    yield Path(environ.get("XDG_CONFIG_HOME") or "~/.config").expanduser() / "mailcrm" / "mailcrm.toml"
    yield Path("/etc/mailcrm/mailcrm.toml")


def find_config(environ: Mapping[str, str] = os.environ) -> Path:
    """The first configuration file that exists. Raises ConfigError listing the places looked at."""
    looked = list(search_path(environ))
    for path in looked:
        if path.is_file():
            return path
    places = ", ".join(str(path) for path in looked)
    raise ConfigError(
        f"no configuration found (looked at {places}). `mailcrm init` writes one by asking a few questions"
    )


def load_config(path: Path) -> Config:
    """The configuration in `path`. Raises ConfigError with every problem by its key."""
    try:
        data = tomllib.loads(path.read_text("utf-8"))
    except OSError as exc:
        raise ConfigError(f"{path}: {exc.strerror}") from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError(f"{path} is not valid TOML: {exc}") from exc
    return parse_config(data, str(path))


def parse_config(data: dict[str, Any], source: str) -> Config:
    """The configuration in already decoded TOML; `source` is named in the errors."""
    try:
        return Config.model_validate(data)
    except ValidationError as exc:
        problems = [_problem(dict(error)) for error in exc.errors(include_url=False, include_input=False)]
        raise ConfigError(f"{source}: {len(problems)} problem(s)", problems=problems) from exc


def _problem(error: dict[str, Any]) -> str:
    location = tuple(error["loc"])
    key = ".".join(str(part) for part in location) or "(file)"
    message = str(error["msg"]).removeprefix("Value error, ")
    if error["type"] == "extra_forbidden":
        near = difflib.get_close_matches(str(location[-1]), _keys_at(location[:-1]), n=1)
        return f"{key}: unknown key" + (f"; did you mean {near[0]!r}?" if near else "")
    if error["type"] == "missing":
        return f"{key}: is missing"
    return f"{key}: {message}"


def _keys_at(location: tuple[Any, ...]) -> list[str]:
    """The keys that exist at a place in the file, by walking the models."""
    model: Any = Config
    for part in location:
        if isinstance(part, int):
            continue
        found = model.model_fields.get(part)
        if found is None:
            return []
        model = _section_of(found.annotation)
        if model is None:
            return []
    return list(model.model_fields)


def _section_of(annotation: Any) -> type[Section] | None:
    for candidate in (annotation, *getattr(annotation, "__args__", ())):
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate
    return None
