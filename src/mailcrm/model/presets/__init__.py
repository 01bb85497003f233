"""Presets: the fields and tags that a trade needs, ready to apply. One TOML file each, beside this one."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from importlib.resources import files

from mailcrm.errors import NotFound
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.party import PartyKind

NAMES = ("trade", "retail", "finance", "clinic", "school", "property")


@dataclass(frozen=True, slots=True)
class Preset:
    """What is applied. `tags` by category."""

    name: str
    title: str
    title_zh: str
    fields: tuple[OwnFieldSpec, ...]
    tags: Mapping[str, tuple[str, ...]]


def load_preset(name: str) -> Preset:
    """The preset of that name. Raises NotFound."""
    if name not in NAMES:
        raise NotFound(f"no preset {name!r}; there are: {', '.join(NAMES)}")
    data = tomllib.loads((files(__package__) / f"{name}.toml").read_text(encoding="utf-8"))
    fields = tuple(_field(name, at, each) for at, each in enumerate(data["fields"]))
    tags = {category: tuple(names) for category, names in data["tags"].items()}
    return Preset(name, data["title"], data["title_zh"], fields, tags)


def _field(preset: str, at: int, data: Mapping[str, object]) -> OwnFieldSpec:
    def text(key: str) -> str:
        return str(data.get(key, ""))

    options = data.get("options", ())
    assert isinstance(options, list | tuple)
    return OwnFieldSpec(
        text("key"), text("label"), FieldType(text("type") or FieldType.TEXT), text("label_zh"), tuple(map(str, options)),
        Decimal(text("least")) if text("least") else None, Decimal(text("most")) if text("most") else None,
        PartyKind(text("applies_to")) if text("applies_to") else None, text("section"), at,
        is_sensitive=bool(data.get("is_sensitive")), preset=preset,
    )  # fmt: skip
