"""What all tables of the configuration have in common, and secrets, which are references."""

import os
import subprocess
from pathlib import Path
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mailcrm.errors import ConfigError

_SECRET_SECONDS = 20

Port = Annotated[int, Field(ge=1, le=65535)]


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
