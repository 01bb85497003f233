"""Who reads and who acts. Every read of the store takes a `Viewer`, every write an `Actor` (decisions.md 7)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """On whose behalf something is read. `user` None is the system itself, which sees everything."""

    user: str | None = None

    @classmethod
    def system(cls) -> "Viewer":
        """The daemon, and the administrator at the command line of the server."""
        return cls(None)

    @property
    def is_system(self) -> bool:
        """Whether no filter applies."""
        return self.user is None


@dataclass(frozen=True, slots=True)
class Actor:
    """On whose behalf something is changed; goes into the audit log as `kind:name`. `login` is the operating-system user whose
    process it is, where a human types."""

    kind: str
    name: str
    login: str = ""

    @classmethod
    def system(cls, name: str = "mailcrm") -> "Actor":
        """A part of the daemon acting by configuration, e.g. `system:ingest`."""
        return cls("system", name)

    @classmethod
    def cli(cls, name: str, login: str = "") -> "Actor":
        """The operating-system user at the command line."""
        return cls("cli", name, login)

    @classmethod
    def user(cls, name: str, login: str = "") -> "Actor":
        """A user of the team."""
        return cls("user", name, login)

    @classmethod
    def public(cls) -> "Actor":
        """Somebody who followed a signed public link, e.g. to unsubscribe."""
        return cls("public", "link")

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"
