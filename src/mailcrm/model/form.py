"""A public form: which questions it asks, in English and Chinese, what each answer means to the archive, and its text form."""

import json
import re
from dataclasses import asdict, dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, Literal

Language = Literal["en", "zh-CN"]

EMAIL, MESSAGE = "email", "message"
"""The questions whose answers are no fields of the archive: the address the person is found by, and the line that is told."""

NEWSLETTER = "_newsletter"
"""The name of the box that asks for the newsletter, among the answers."""


class Kind(StrEnum):
    """What a question asks for."""

    TEXT = "text"
    LONG_TEXT = "long_text"
    EMAIL = "email"
    PHONE = "phone"
    NUMBER = "number"
    DATE = "date"
    CHOICE = "choice"
    MULTI = "multi"
    CHECKBOX = "checkbox"


class FormState(StrEnum):
    """Whether a form takes anything."""

    OPEN = "open"
    CLOSED = "closed"


class SubmissionState(StrEnum):
    """What became of a submission: it waits, it is in the archive, or it was thrown away."""

    NEW = "new"
    FILED = "filed"
    DROPPED = "dropped"


class Judged(StrEnum):
    """What the spam guard says of a submission."""

    OK = "ok"
    HELD = "held"
    SPAM = "spam"


@dataclass(frozen=True, slots=True)
class Wording:
    """A text in both languages; where one is missing the other is shown."""

    en: str = ""
    zh: str = ""

    def in_(self, language: Language) -> str:
        """In the language of a visitor, if there is a text at all."""
        first, second = (self.zh, self.en) if language == "zh-CN" else (self.en, self.zh)
        return first or second

    def __bool__(self) -> bool:
        return bool(self.en or self.zh)


@dataclass(frozen=True, slots=True)
class FormField:
    """A question. `key` is `email`, `message`, a field of every customer (`company`) or of the team's own (`x.budget`).

    `least` and `most` are for numbers; `length` is the most characters of an answer. `options` are what is kept, whatever
    the language of the visitor. `pattern` says what each character is (see `fits`).
    """

    key: str
    kind: Kind
    label: Wording
    help: Wording = Wording()
    required: bool = False
    length: int = 200
    least: int | None = None
    most: int | None = None
    options: tuple[Wording, ...] = ()
    pattern: str = ""

    @property
    def values(self) -> tuple[str, ...]:
        """The options as they are kept."""
        return tuple(option.in_("en") for option in self.options)


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A form as its author wrote it. `language` '' is each visitor's own. `purpose` is what the newsletter box asks for.

    `origins` are the sites (https://shop.example) that may show the form in a frame and post JSON from a browser.
    `region` (ISO 3166) is where phone numbers without a country are read. `text_version` names what `newsletter` says, for
    the proof of a consent.
    """

    key: str
    title: Wording
    fields: tuple[FormField, ...]
    language: Language | Literal[""] = ""
    lead: Wording = Wording()
    button: Wording = Wording()
    thanks: Wording = Wording()
    privacy: Wording = Wording()
    privacy_url: str = ""
    purpose: str = ""
    newsletter: Wording = Wording()
    text_version: str = ""
    redirect_url: str = ""
    origins: tuple[str, ...] = ()
    region: str = ""

    def field(self, key: str) -> FormField | None:
        """The question of that name."""
        return next((each for each in self.fields if each.key == key), None)


# --- limits of the guard -----------------------------------------------------------------------------------------

OLDEST = timedelta(hours=24)
"""How long a page may stand open before it is asked to be sent again."""

QUICKEST = timedelta(seconds=2)
"""No human fills in a form sooner."""

PROOF_BITS = 12
"""Leading zero bits of SHA-256 that a browser looks for: some 4,000 hashes, a fraction of a second on a phone."""


def fits(pattern: str, text: str) -> bool:
    """Whether each character is what the pattern asks for: 9 a digit, A a letter, * one of the two, all else itself.

    No regular expressions: whoever writes a form cannot write one that takes for ever (CWE-1333).
    """
    return len(text) == len(pattern) and all(_is(wanted, char) for wanted, char in zip(pattern, text, strict=True))


def _is(wanted: str, char: str) -> bool:
    match wanted:
        case "9":
            return char.isascii() and char.isdigit()
        case "A":
            return char.isascii() and char.isalpha()
        case "*":
            return char.isascii() and char.isalnum()
        case _:
            return char == wanted


# --- as text -----------------------------------------------------------------------------------------------------

_TEXTS = ("title", "lead", "button", "thanks", "privacy", "newsletter")


def canonical(value: Any) -> str:
    """The one text of a value that is kept and compared."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def fields_text(spec: FormSpec) -> str:
    """The questions as canonical text."""
    return canonical([_filled(asdict(each)) for each in spec.fields])


def texts_text(spec: FormSpec) -> str:
    """All that the form says besides, as canonical text."""
    return canonical({name: asdict(getattr(spec, name)) for name in _TEXTS if getattr(spec, name)})


def _filled(values: dict[str, Any]) -> dict[str, Any]:
    empty = ("", (), {"en": "", "zh": ""})
    return {
        name: value for name, value in values.items() if value is not None and value is not False and value not in empty
    }


def read_fields(text: str) -> tuple[FormField, ...]:
    """The questions of their canonical text."""
    return tuple(_field(each) for each in json.loads(text))


def _field(values: dict[str, Any]) -> FormField:
    made: dict[str, Any] = {**values, "kind": Kind(values["kind"])}
    for name in ("label", "help"):
        made[name] = Wording(**values.get(name, {}))
    made["options"] = tuple(Wording(**each) for each in values.get("options", ()))
    return FormField(**made)


def read_texts(text: str) -> dict[str, Wording]:
    """What the form says besides, by the names of `FormSpec`."""
    return {name: Wording(**each) for name, each in json.loads(text).items()}


_KEY = re.compile(r"[a-z][a-z0-9-]{0,39}")


def is_key(text: str) -> bool:
    """Whether a form can be called so: it stands in its address."""
    return _KEY.fullmatch(text) is not None
