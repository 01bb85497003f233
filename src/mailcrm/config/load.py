"""Finds the file, reads it, and says everything that is wrong with it at once, by key."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from mailcrm.config.section import Section
from mailcrm.config.settings import Config
from mailcrm.errors import ConfigError


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
