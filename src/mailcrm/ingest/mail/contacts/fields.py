"""A signature becomes findings: name, title, company, phones and the rest, each with how sure we are of it.

Labels decide first, then what can be nothing else (links, numbers), then words. Precision counts more than completeness: a
value that is not taken is missed by nobody, a wrong phone number is dialled.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache

from mailcrm.ingest.mail.contacts.labels import EMAIL, OTHER
from mailcrm.ingest.mail.contacts.links import EMAIL_ADDRESS, find_links, handle_in, site_in
from mailcrm.ingest.mail.contacts.names import SeenAs, bare_name, is_name
from mailcrm.ingest.mail.contacts.region import region_of
from mailcrm.ingest.mail.contacts.segments import LONGEST_SIGNATURE, Segment, read_segments
from mailcrm.ingest.mail.contacts.words import (
    COMPANY,
    COUNTRY_LINE,
    DEPARTMENT,
    HAN_COMPANY,
    HAN_PLACE,
    HAN_TITLE,
    POSTCODE,
    STREET,
    TITLE,
)
from mailcrm.model.contact import LONGEST_VALUE, ContactField, ContactFinding
from mailcrm.model.text import clean_line, clean_text

_PHONES = frozenset({ContactField.PHONE, ContactField.MOBILE, ContactField.FAX, ContactField.WHATSAPP})
_SAME_WECHAT = re.compile(r"微信(?:同号|同號|同步|同手机|同手機)|同微信")
_SENTENCE = re.compile(
    r"(?<!\w)(?:is|are|was|we|you|this|these|our|your|ist|sind|wir|sie|unser\w*|ihr\w*|nous|vous|somos)(?!\w)"
)
# What a company belongs to, or sells: "an Anvil Group company", "certified partner of Anvil AG".
_OF_ANOTHER = re.compile(
    r"^(?:an?|eine?|une?|una) .*\b(?:company|group|gruppe|unternehmen|société|brand)$|certified|(?<!\w)(?:partner|member|part"
    r"|division|subsidiary|brand|mitglied|unternehmen|distributor|dealer|représentant|filiale)"
    r" (?:of|by|der|des|von|de|for)(?!\w)",
    re.IGNORECASE,
)
_OTHERS = re.compile(r"[^:：@]{3,40}[:：]\s{0,5}([^:：,，|]{2,60})")
_ONLY_NUMBER = re.compile(r"[+(（]?[\d０-９][\d０-９ ()（）.\-/–]{5,24}(?: ?(?:ext\.?|x|转|-) ?\d{1,6})?")
_TITLE_AND_COMPANY = re.compile(r"\s*(?:,|，|@| at | bei | chez | - | – )\s*")
_HOUSE = re.compile(r"[^\W\d_][^\d\n]{2,40} \d{1,4} ?[a-zA-Z]?")
_HAN_PARTS = re.compile(r"[ \u3000/、，,]+")
_HAN = re.compile(r"[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7af]")
_LONGEST_TITLE = 90
_MOST_FINDINGS = 30


def read_fields(signature: str, name: str = "", address: str = "", region: str = "") -> tuple[ContactFinding, ...]:
    """What a signature tells of the sender with this name and address (either may be '').

    `region` (ISO 3166) is where the sender may be where the text and the domain do not say. A signature of somebody else gives
    nothing. Never raises; each value stands in the text, an address line by line.
    """
    return _read_fields(clean_text(signature[:LONGEST_SIGNATURE]), name[:255], address, region)


@lru_cache(maxsize=512)  # people write under the same signature for years
def _read_fields(text: str, name: str, address: str, region: str) -> tuple[ContactFinding, ...]:
    segments = read_segments(text)
    if not segments:
        return ()
    seen_as = SeenAs.of(name, address)
    reader = _Reader(seen_as, segments, region)
    for index, segment in enumerate(segments):
        reader.read(index, segment)
    return _fitted(reader.findings(), seen_as.trust(reader.names, reader.emails))


def _fitted(findings: Iterable[ContactFinding], trust: float) -> tuple[ContactFinding, ...]:
    if trust == 0:
        return ()
    kept: dict[tuple[str, str], ContactFinding] = {}
    for found in findings:
        value = clean_line(found.value, LONGEST_VALUE)
        confidence = round(found.confidence * trust, 2)
        key = (found.field, (found.number or value).casefold())
        if value and (key not in kept or kept[key].confidence < confidence):
            kept[key] = ContactFinding(found.field, value, confidence, found.number)
    return tuple(kept.values())[:_MOST_FINDINGS]


class _Reader:
    """Takes segments in and keeps what they are."""

    def __init__(self, seen_as: SeenAs, segments: Sequence[Segment], region: str) -> None:
        self.names: list[str] = []
        self.emails: list[str] = []
        self._seen_as, self._segments, self._hint = seen_as, segments, region
        self._found: list[ContactFinding] = []
        self._place: list[tuple[int, str]] = []  # (line, a line of an address)
        self._street = -9, ""  # what is a street only if a postcode follows
        self._of_others = -1  # the line of "Despatch: Bob Miller, Tel. 123": it is his

    @cached_property
    def _region(self) -> str:
        """Where national numbers are dialled: asked only when there is one."""
        from mailcrm.model.phone import region_of_numbers

        text = "\n".join(each.value for each in self._segments if OTHER not in each.fields)
        return region_of(text, self._seen_as.domain, self._hint or region_of_numbers(text))

    def findings(self) -> list[ContactFinding]:
        """All that was found."""
        self._end_place()
        return self._found

    def read(self, index: int, segment: Segment) -> None:
        """One segment, the `index`-th."""
        value, fields = segment.value, segment.fields
        if OTHER in fields or not value or segment.line == self._of_others:
            return
        if self._names_another(value, fields):
            self._of_others = segment.line
            return
        if EMAIL in fields or (not fields and "@" in value and EMAIL_ADDRESS.search(value)):
            self.emails += EMAIL_ADDRESS.findall(value)[:5]
            self._read_links(value)
            return
        if fields:
            for field in fields:
                self._labelled(ContactField(field), value, segment.line)
            return
        self._unlabelled(index, value, segment.line)

    def _names_another(self, value: str, fields: tuple[str, ...]) -> bool:
        """Whether it presents somebody else than the sender, who has signed above: "Warehouse: Bob Miller", "联系人：李四"."""
        if not any(map(self._seen_as.matches, self.names)):
            return False
        if fields:
            name = value if ContactField.NAME in fields else ""
        else:
            presented = _OTHERS.fullmatch(value)
            name = presented[1] if presented else ""
        return bool(name) and is_name(name, self._seen_as) and not self._seen_as.matches(name)

    # --- with a label

    def _labelled(self, field: ContactField, value: str, line: int) -> None:
        if field in _PHONES:
            self._numbers(field, value, 0.95)
        elif field == ContactField.URL:
            if not self._read_links(value) and (site := site_in(value)):
                self._add(field, site, 0.9)
        elif field == ContactField.ADDRESS:
            self._end_place()
            self._place.append((line, value))
        elif field == ContactField.NAME:
            if is_name(value, self._seen_as):
                self.names.append(value)
                self._add(field, value, 0.9)
        elif field in (ContactField.COMPANY, ContactField.TITLE, ContactField.DEPARTMENT):
            if len(value) <= _LONGEST_TITLE:
                self._add(field, value, 0.9)
        elif not self._read_links(value) and (handle := handle_in(field, value)):
            self._add(field, handle, 0.9)

    def _bare_number(self, value: str) -> None:
        """What no label calls a phone, and may be the number of an order."""
        from mailcrm.model.phone import is_dialled_so

        if is_dialled_so(value, "" if value[0] == "+" else self._region):
            self._numbers(ContactField.PHONE, value, 0.8)

    def _numbers(self, field: ContactField, value: str, confidence: float) -> None:
        from mailcrm.model.phone import (
            find_numbers,
        )  # only now: without digits its tables are not needed

        region = "" if value.startswith("+") else self._region
        for number in find_numbers(value, region)[:3]:
            of = ContactField.MOBILE if field == ContactField.PHONE and number.mobile else field
            self._add(of, number.written, confidence - 0.1 * number.national, number.e164)
            if _SAME_WECHAT.search(value):
                self._add(ContactField.WECHAT, number.written, 0.85)

    # --- without one

    def _unlabelled(self, index: int, value: str, line: int) -> None:
        if self._read_links(value):
            return
        if _ONLY_NUMBER.fullmatch(value):
            self._bare_number(value)
            return
        if self._place and line - self._place[-1][0] <= 1 and self._is_place(value, after=True):
            self._place.append((line, value))
        elif not self._read_words(index, value) and self._is_place(value, after=False):
            self._end_place()
            self._place.append((line, value))
            if self._street[0] == line - 1 and POSTCODE.match(value):
                self._place.insert(0, self._street)
        elif _HOUSE.fullmatch(value):
            self._street = line, value

    def _read_links(self, value: str) -> bool:
        links = find_links(value, self._seen_as.domain)
        for field, link, confidence in links or ():
            self._add(field, link, confidence)
        return links is not None

    def _read_words(self, index: int, value: str) -> bool:
        """A name, a title, a department or a company, or some of them on one line."""
        if len(value) > _LONGEST_TITLE * 2:
            return False
        if HAN_COMPANY.search(value) and not HAN_TITLE.search(value):
            return self._add(ContactField.COMPANY, value, 0.9) if len(value) <= 60 else False
        if COMPANY.search(value) or self._seen_as.is_company(value):
            return self._read_company(value)
        if is_name(value, self._seen_as) and self._may_be_name(index, value):
            self.names.append(value)
            return self._add(ContactField.NAME, bare_name(value), 0.9 if self._seen_as.matches(value) else 0.6)
        return self._read_parts(index, value) or self._read_post(value)

    def _may_be_name(self, index: int, value: str) -> bool:
        if self._is_post(value):
            return self._seen_as.is_called(value)
        return self._seen_as.matches(value) or (index <= 1 and not self.names)

    def _read_company(self, value: str) -> bool:
        """ "Sales Manager, Acme Ltd" and "Acme Ltd", but not "Acme Ltd, 1 Main Street" and no sentence."""
        parts = [part for part in _TITLE_AND_COMPANY.split(value) if part]
        if len(parts) > 1 and not _is_company(parts[1]) and COMPANY.search(value, len(parts[0])):
            parts = [value]  # "Acme Trading Co., Ltd"
        if 1 < len(parts) <= 3 and _is_company(parts[-1]) and not _is_company(parts[0]) and self._is_post(parts[0]):
            self._read_post(parts[0])
            self._add(ContactField.COMPANY, value[value.index(parts[1]) :], 0.85)
            return True
        if STREET.search(value) and any(map(str.isdigit, value)):
            head = parts[0]
            rest = value[len(head) :].lstrip(" ,-–")
            return _is_company(head) and self._add(ContactField.COMPANY, head, 0.7) and self._start_place(rest)
        if len(value.split()) > 10 or (TITLE.search(value) and not COMPANY.search(value)) or _OF_ANOTHER.search(value):
            return False
        return self._add(ContactField.COMPANY, value, 0.85 if COMPANY.search(value) else 0.7)

    def _start_place(self, value: str) -> bool:
        self._end_place()
        self._place.append((0, value))
        return True

    def _read_parts(self, index: int, value: str) -> bool:
        """A name and a title on one line: "Ann Smith, Sales Manager", "张伟 销售经理", "销售部 李娜"."""
        parts = [part for part in _TITLE_AND_COMPANY.split(value) if part]
        if len(parts) == 1 and _HAN.search(value):
            parts = [part for part in _HAN_PARTS.split(value) if part]
        if not 1 < len(parts) <= 5:
            return False
        named = [part for part in parts if is_name(part, self._seen_as)]
        name = next((part for part in named if self._seen_as.matches(part)), "")
        if not name and index <= 1 and not self.names and named and not self._is_post(named[0]):
            name = named[0]
        if not name:
            return False
        self.names.append(name)
        self._add(ContactField.NAME, name, 0.9 if self._seen_as.matches(name) else 0.6)
        for part in parts:
            if part != name and (part in value):
                self._read_post(part)
        return True

    def _is_post(self, value: str) -> bool:
        return bool(TITLE.search(value) or HAN_TITLE.search(value) or DEPARTMENT.search(value))

    def _read_post(self, value: str) -> bool:
        """A title or a department."""
        if len(value) > _LONGEST_TITLE or value.endswith((".", "。", "!", "?")) or len(value.split()) > 9:
            return False
        if _SENTENCE.search(value) or sum(map(str.isdigit, value)) > 4:
            return False
        if HAN_TITLE.search(value) and len(value) <= 25:
            return self._add(ContactField.TITLE, value, 0.85)
        if TITLE.search(value) and value[:1].isupper():
            title, at, company = value.partition(" at ")
            if at and company[:1].isupper():
                self._add(ContactField.COMPANY, company, 0.7)
            return self._add(ContactField.TITLE, title, 0.85)
        if DEPARTMENT.search(value):
            return self._add(ContactField.DEPARTMENT, value, 0.8)
        return False

    # --- addresses

    def _is_place(self, value: str, *, after: bool) -> bool:
        """Whether it is a line of a postal address; `after` another of them, less is needed."""
        if len(value) > 160:
            return False
        if POSTCODE.search(value) or (HAN_PLACE.search(value) and len(set(HAN_PLACE.findall(value))) >= 3):
            return True
        digits = any(map(str.isdigit, value))
        if STREET.search(value) and digits:
            return True
        return after and bool(COUNTRY_LINE.fullmatch(value) or (STREET.search(value) and len(value.split()) <= 12))

    def _end_place(self) -> None:
        if self._place:
            self._add(ContactField.ADDRESS, ", ".join(value for _, value in self._place[:5]), 0.8)
        self._place = []

    def _add(self, field: ContactField, value: str, confidence: float, number: str = "") -> bool:
        self._found.append(ContactFinding(field, value, confidence, number))
        return True


def _is_company(value: str) -> bool:
    return bool(COMPANY.search(value) or HAN_COMPANY.search(value))
