"""A form from the TOML file that its author wrote, with every mistake named by its place."""

import re
import tomllib
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

from mailcrm.errors import UserError
from mailcrm.model.contact import OWN, ContactField
from mailcrm.model.form import EMAIL, MESSAGE, FormField, FormSpec, Kind, Language, Wording, is_key
from mailcrm.model.text import clean_line

_TOP = {
    "key", "title", "language", "lead", "button", "thanks", "privacy", "privacy_url", "redirect_url", "origins", "region",
    "newsletter", "fields",
}  # fmt: skip
_NEWSLETTER = {"purpose", "label", "version"}
_FIELD = {"key", "type", "label", "help", "required", "length", "min", "max", "options", "pattern"}
_WORDED = {"title", "lead", "button", "thanks", "privacy", "label", "help", "options"}
_MOST_FIELDS, _MOST_OPTIONS, _MOST_TEXT, _LONGEST_ANSWER, _LONGEST_PATTERN = 40, 100, 2000, 5000, 60
_LONGEST_FACT = 500
_OWN_KEY = re.compile(r"x\.[a-z][a-z0-9_]{0,57}")
_CHOOSING = (Kind.CHOICE, Kind.MULTI)


def parse_form(text: str) -> FormSpec:
    """The form that a TOML file describes. Raises UserError with all that is wrong, each with its place."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise UserError(f"this is no TOML: {exc}") from exc
    reader = _Reader(_field_lines(text))
    spec = reader.form(document)
    if reader.problems or spec is None:
        raise UserError("the form cannot be used as it is", problems=reader.problems)
    return spec


def _field_lines(text: str) -> list[int]:
    return [number for number, line in enumerate(text.splitlines(), 1) if line.strip().startswith("[[fields]]")]


class _Reader:
    """Reads on after a mistake, so that its author hears of all of them at once."""

    def __init__(self, lines: list[int]) -> None:
        self.problems: list[str] = []
        self._lines = lines

    def form(self, given: Mapping[str, Any]) -> FormSpec | None:
        self._known("", given, _TOP)
        key = self._line("", given, "key", needed=True)
        if key and not is_key(key):
            self._say("key", f"{key!r}: small letters, digits and -, begins with a letter, at most 40")
        fields = self._fields(given.get("fields"))
        newsletter = given.get("newsletter", {})
        if not isinstance(newsletter, dict):
            self._say("newsletter", "write a section: [newsletter]")
            newsletter = {}
        self._known("newsletter", newsletter, _NEWSLETTER)
        spec = FormSpec(
            key=key,
            title=self._wording("", given, "title", needed=True),
            fields=fields,
            language=self._language(given),
            lead=self._wording("", given, "lead"),
            button=self._wording("", given, "button"),
            thanks=self._wording("", given, "thanks"),
            privacy=self._wording("", given, "privacy"),
            privacy_url=self._url(given, "privacy_url"),
            redirect_url=self._url(given, "redirect_url"),
            origins=self._origins(given),
            region=self._region(given),
            purpose=self._line("newsletter", newsletter, "purpose", needed=bool(newsletter)).lower(),
            newsletter=self._wording("newsletter", newsletter, "label", needed=bool(newsletter)),
            text_version=self._line("newsletter", newsletter, "version"),
        )
        return None if self.problems else spec

    # --- questions -----------------------------------------------------------------------------------------------

    def _fields(self, given: object) -> tuple[FormField, ...]:
        if not isinstance(given, list) or not given or not all(isinstance(each, dict) for each in given):
            self._say("fields", "a form asks at least one question; begin each with [[fields]]")
            return ()
        if len(given) > _MOST_FIELDS:
            self._say("fields", f"at most {_MOST_FIELDS} questions; nobody answers {len(given)}")
            return ()
        found = [self._field(number, each) for number, each in enumerate(given)]
        keys = [each.key for each in found]
        for key in sorted({each for each in keys if each and keys.count(each) > 1}):
            self._say("fields", f"{key} is asked twice")
        email = next((each for each in found if each.key == EMAIL), None)
        if email is None or email.kind is not Kind.EMAIL or not email.required:
            self._say(
                "fields", 'one question has key = "email", type = "email", required = true: people are found by it'
            )
        return tuple(found)

    def _field(self, number: int, given: Mapping[str, Any]) -> FormField:
        line = f" (line {self._lines[number]})" if number < len(self._lines) else ""
        place = f"question {number + 1}{line}"
        self._known(place, given, _FIELD)
        key, kind = self._key(place, given), self._kind(place, given)
        options = self._options(place, given)
        if bool(options) != (kind in _CHOOSING):
            self._say(place, "options are for choice and multi, which need some")
        least, most = self._number(place, given, "min"), self._number(place, given, "max")
        if kind is not Kind.NUMBER and (least is not None or most is not None):
            self._say(place, "min and max are for numbers; how long a text may be is `length`")
        if least is not None and most is not None and least > most:
            self._say(place, f"min {least} is above max {most}")
        return FormField(
            key, kind, self._wording(place, given, "label", needed=True), self._wording(place, given, "help"),
            given.get("required") is True, self._length(place, given, key), least, most, options,
            self._pattern(place, given, kind),
        )  # fmt: skip

    def _key(self, place: str, given: Mapping[str, Any]) -> str:
        key = self._line(place, given, "key", needed=True)
        known = key in (EMAIL, MESSAGE) or key in set(ContactField)
        if key and not known and not _OWN_KEY.fullmatch(key):
            fields = ", ".join((EMAIL, MESSAGE, *ContactField))
            self._say(place, f"no field {key!r}; there are {fields}, and {OWN}KEY for a field of your own")
        return key

    def _kind(self, place: str, given: Mapping[str, Any]) -> Kind:
        name = self._line(place, given, "type") or Kind.TEXT
        if name not in set(Kind):
            self._say(place, f"no type {name!r}; there are {', '.join(Kind)}")
            return Kind.TEXT
        return Kind(name)

    def _length(self, place: str, given: Mapping[str, Any], key: str) -> int:
        most = _LONGEST_ANSWER if key == MESSAGE or key.startswith(OWN) else _LONGEST_FACT
        found = self._number(place, given, "length")
        if found is None:
            return most if key == MESSAGE else 200
        if not 1 <= found <= most:
            self._say(place, f"length is from 1 to {most}")
        return found

    def _options(self, place: str, given: Mapping[str, Any]) -> tuple[Wording, ...]:
        english, chinese = given.get("options", []), given.get("options_zh", [])
        texts = [each for each in (english, chinese) if each]
        if not all(isinstance(each, list) and all(isinstance(one, str) for one in each) for each in texts):
            self._say(place, "options are a list of texts")
            return ()
        shown = [clean_line(each, 120) for each in english or chinese]
        if len(shown) > _MOST_OPTIONS or not all(shown) or len(set(shown)) < len(shown):
            self._say(place, f"every option is a text, stands there once, and there are at most {_MOST_OPTIONS}")
        if english and chinese and len(english) != len(chinese):
            self._say(place, f"{len(english)} options, but {len(chinese)} options_zh; the same ones in the same order")
            return ()
        others = [clean_line(each, 120) for each in chinese] or [""] * len(english)
        return tuple(Wording(en, zh) for en, zh in zip(shown if english else [""] * len(shown), others, strict=True))

    def _pattern(self, place: str, given: Mapping[str, Any], kind: Kind) -> str:
        pattern = self._line(place, given, "pattern")
        if pattern and (kind is not Kind.TEXT or len(pattern) > _LONGEST_PATTERN):
            self._say(place, f"a pattern is for type text, and has at most {_LONGEST_PATTERN} characters")
        if set(pattern) & set("\\[](){}+?|^$"):
            self._say(place, "a pattern is no regular expression: 9 a digit, A a letter, * either, all else itself")
        return pattern

    # --- single values -------------------------------------------------------------------------------------------

    def _known(self, place: str, given: Mapping[str, Any], names: set[str]) -> None:
        for name in given:
            if name not in names and not (name.endswith("_zh") and name.removesuffix("_zh") in names & _WORDED):
                self._say(place, f"no setting {name!r}; there are {', '.join(sorted(names))}")

    def _line(self, place: str, given: Mapping[str, Any], name: str, *, needed: bool = False) -> str:
        value = given.get(name, "")
        if not isinstance(value, str) or (needed and not clean_line(value)):
            self._say(place, f"{name} is missing" if value == "" else f"{name} is a text in quotes")
            return ""
        return clean_line(value)

    def _wording(self, place: str, given: Mapping[str, Any], name: str, *, needed: bool = False) -> Wording:
        english, chinese = self._line(place, given, name), self._line(place, given, f"{name}_zh")
        if needed and not (english or chinese):
            self._say(place, f"{name} (or {name}_zh) is missing")
        if len(english) > _MOST_TEXT or len(chinese) > _MOST_TEXT:
            self._say(place, f"{name} has at most {_MOST_TEXT} characters")
        return Wording(english, chinese)

    def _number(self, place: str, given: Mapping[str, Any], name: str) -> int | None:
        value = given.get(name)
        if value is None or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**12):
            return value
        self._say(place, f"{name} is a whole number of at most 12 digits")
        return None

    def _language(self, given: Mapping[str, Any]) -> Language | Any:
        language = self._line("", given, "language")
        if language not in ("", "en", "zh-CN"):
            self._say("language", f'{language!r}: "en", "zh-CN", or none for the language of each visitor')
        return cast("Language", language)

    def _region(self, given: Mapping[str, Any]) -> str:
        region = self._line("", given, "region").upper()
        if region and not re.fullmatch(r"[A-Z]{2}", region):
            self._say("region", f"{region!r}: two letters, as CN or DE")
        return region

    def _url(self, given: Mapping[str, Any], name: str) -> str:
        url = self._line("", given, name)
        if url and (_origin(url) is None or re.search(r"[\s\"'<>;,\\]", url)):
            self._say(name, f"{url!r}: a whole address that begins with https://")
        return url

    def _origins(self, given: Mapping[str, Any]) -> tuple[str, ...]:
        origins = given.get("origins", [])
        if not isinstance(origins, list) or not all(isinstance(each, str) for each in origins):
            self._say("origins", 'a list: ["https://www.shop.example"]')
            return ()
        for each in origins:
            if _origin(each) != each:
                self._say("origins", f"{each!r}: the beginning of an address, with nothing behind the host")
        return tuple(origins)

    def _say(self, place: str, what: str) -> None:
        self.problems.append(f"{place}: {what}" if place else what)


_ORIGIN = re.compile(r"(https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?)", re.ASCII)


def _origin(url: str) -> str | None:
    """Scheme and host of an address (RFC 6454); None for one that cannot stand in a header."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    origin = f"{parts.scheme}://{parts.netloc}"
    return origin if _ORIGIN.fullmatch(origin) else None


def origin_of(url: str) -> str:
    """Scheme and host of an address that a form names; '' of none."""
    return _origin(url) or ""
