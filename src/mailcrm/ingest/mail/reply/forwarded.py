"""Whose mail was forwarded: the sender and the subject of the original, as the quoted header tells them."""

import re
from typing import NamedTuple

from mailcrm.ingest.mail.reply.languages import words
from mailcrm.ingest.mail.reply.sayings import either
from mailcrm.ingest.mail.threads import base_subject
from mailcrm.model.message import Forwarded

_PREFIX = re.compile(
    rf"\s*(?:\[\s?)?(?:{either(words('forward_prefix'))})\s?(?:\[\d{{1,3}}\]|\(\d{{1,3}}\))?\s?[:：]\s*",
    re.IGNORECASE,
)
_ADDRESS = re.compile(r"[^\s<>()\[\]:：,;；\"'“”‘’«»|]{1,120}@[^\s<>()\[\]:：,;；\"'“”«»|]{1,200}")
_AROUND_NAME = " \t\"'“”‘’«»*,;；，|<>()[]（）"
_BEHALF = re.compile(r"\s(?:on\sbehalf\sof|im\sauftrag\svon|de\sla\spart\sde|代表|代理)\s", re.IGNORECASE)


class Boundary(NamedTuple):
    """The first line above a quoted mail. `kind`: forward | original | fields | attribution; `values` as in Fields."""

    kind: str
    values: dict[str, str]


def is_answer(subject: str) -> bool:
    """Whether a subject begins as that of an answer does."""
    return not _PREFIX.match(subject) and base_subject(subject) != subject.strip()


def forwarded_by(boundary: Boundary | None, subject: str) -> Forwarded | None:
    """The original that stands below `boundary` in a mail with `subject`; None where it is an answer, no forward.

    The words of the separator decide, then the prefix of the subject. Where the subject says nothing, a block of header
    fields counts as forwarded: those who answer leave the prefix in its place.
    """
    if boundary is None:
        return None
    prefix = _PREFIX.match(subject)
    if boundary.kind != "forward" and (is_answer(subject) or (boundary.kind == "attribution" and not prefix)):
        return None
    name, address = sender_of(boundary.values.get("sender", ""))
    if not name and not address:
        return None
    original = (
        boundary.values.get("subject", "").strip(" \t*|") or (subject[prefix.end() :] if prefix else subject).strip()
    )
    return Forwarded(address=address, name=name, subject=original)


def sender_of(value: str) -> tuple[str, str]:
    """Name and address of a quoted From, as mail programs write it: `Name <a@b<mailto:a@b>>`, `"Name" [mailto:a@b]`."""
    value = _BEHALF.split(value, maxsplit=1)[0]
    found = _ADDRESS.search(value)
    if found is None:
        return value.strip(_AROUND_NAME), ""
    address = found[0].strip(".'")
    before = value[: found.start()]
    name = re.split(r"[<(\[（]|mailto:", before, maxsplit=1)[0].strip(_AROUND_NAME)
    return name, address
