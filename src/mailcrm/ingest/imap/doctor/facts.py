"""What a probe saw of one account, and what is said about it."""

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from mailcrm.model.folder import FolderRole, FolderStatus
from mailcrm.model.provider import Compress, Provider, Security


class Step(StrEnum):
    """How far one can come, in this order. `SECRET`: of this machine or, for OAuth, of the provider."""

    SECRET = "secret"
    NAME = "name"
    CONNECT = "connect"
    TLS = "tls"
    LOGIN = "login"
    FOLDERS = "folders"
    INBOX = "inbox"


REFUSALS = frozenset({"LoginRefused", "LoginUnclear", "TokenExpired", "FreshTokenRefused"})
"""Names of the errors that mean a refused login."""

BEFORE_GREETING = frozenset({Step.NAME, Step.CONNECT, Step.TLS})


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why it went no further. `error` and `cause` are names of exceptions, `code` is OpenSSL's reason for distrust."""

    step: Step
    text: str
    error: str = ""
    cause: str = ""
    code: int = 0


@dataclass(frozen=True, slots=True)
class Certificate:
    """What the server shows of itself. Times are UTC."""

    names: tuple[str, ...]
    issuer: str
    not_before: datetime
    not_after: datetime
    trusted: bool


@dataclass(frozen=True, slots=True)
class FolderSeen:
    """A folder, what it is for, and whether the server says so by a flag, or only its name does."""

    name: str
    role: FolderRole
    flagged: bool
    selectable: bool = True


@dataclass(slots=True)
class Facts:
    """The settings of an account, and what was seen of it; what was not seen keeps its default.

    `now` is this machine's time (UTC), `newest` when the newest mail of INBOX arrived by the server's clock. Durations
    are milliseconds. Capabilities are upper case. `parked` is the error for which the daemon no longer tries.
    """

    account: str
    host: str
    port: int
    security: Security
    user: str
    now: datetime
    provider: Provider | None = None
    proxy: str = ""
    compress: Compress = Compress.AUTO
    qresync: bool = True
    qresync_setting: bool | None = None
    expires: date | None = None
    oauth: bool = False
    parked: str = ""

    addresses: tuple[str, ...] = ()
    connect_ms: float | None = None
    tls: str = ""
    certificate: Certificate | None = None
    greeting: str = ""
    before: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    enabled: frozenset[str] = frozenset()
    compressed: bool = False
    server_id: dict[str, str] = field(default_factory=dict)
    folders: tuple[FolderSeen, ...] = ()
    inbox: FolderStatus | None = None
    newest: datetime | None = None
    round_trip_ms: float | None = None
    trouble: Trouble | None = None

    @property
    def reached(self) -> bool:
        """Whether the server greeted us on a connection that can be trusted, be it to turn us away for now."""
        trouble = self.trouble
        return trouble is None or trouble.step not in BEFORE_GREETING or trouble.error == "Throttled"

    @property
    def place(self) -> str:
        """For sentences."""
        return f"{self.host}:{self.port}"

    def passed(self, step: Step) -> bool:
        """Whether this step was taken without trouble."""
        order = list(Step)
        return self.trouble is None or order.index(step) < order.index(self.trouble.step)


class Severity(StrEnum):
    """How much it matters: a warning or an error asks for something to be done."""

    OK = "ok"
    NOTE = "note"
    WARNING = "warning"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing: what was seen, what it means, and what to do next (both '' where all is well)."""

    severity: Severity
    topic: str
    seen: str
    means: str = ""
    next: str = ""
