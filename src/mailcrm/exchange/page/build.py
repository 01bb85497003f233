"""The page of a customer, put together in the order in which somebody reads it."""

from datetime import datetime

from mailcrm.exchange.page.content import ArchiveContent
from mailcrm.exchange.page.document import Document
from mailcrm.exchange.page.happenings import business_sections, history_sections, standing_sections
from mailcrm.exchange.page.person import doubtful_sections, person_sections
from mailcrm.exchange.page.shown import Local, Look
from mailcrm.exchange.page.texts import PageLanguage, Words


def build_page(content: ArchiveContent, language: PageLanguage, local: Local = datetime.astimezone) -> Document:
    """All of it in one language. `local` makes a moment (UTC) one of the reader's zone; without it, that of this computer."""
    look = Look(Words(language), local)
    sections = (
        *standing_sections(content, look),
        *person_sections(content, look),
        *business_sections(content, look),
        *doubtful_sections(content, look),
        *history_sections(content, look),
    )
    at = local(content.printed_at)
    return Document(
        language=language, title=content.archive.line.name or content.archive.line.email, kind=look.words.say("title"),
        facts=_facts(content, look), sections=tuple(each for each in sections if each is not None),
        colophon=look.words.say("printed", who=content.printed_by, at=f"{at:%Y-%m-%d %H:%M}", zone=f"{at:UTC%z}"),
        left_out=_left_out(content, look),
    )  # fmt: skip


def _facts(content: ArchiveContent, look: Look) -> tuple[tuple[str, str], ...]:
    archive, say = content.archive, look.words.say
    line = archive.line
    others = [f"{x.system}:{x.number}" if x.system else x.number for x in archive.numbers if x.number != line.number]
    merged = [f"{number} {name}" for number, name in archive.members]
    facts = (
        ("number", line.number or say("no_number")),
        ("other_numbers", look.words.listed(others)),
        ("kind", look.name("kind", line.kind.value)),
        ("state", look.name("state", line.state.value)),
        ("since", look.day(archive.created_at)),
        ("known_from", look.name("source", archive.source)),
        ("merged_from", look.words.listed(merged)),
    )
    return tuple((say(key), value) for key, value in facts if value)


def _left_out(content: ArchiveContent, look: Look) -> tuple[str, ...]:
    """What a reader must not take for all there is."""
    found = []
    if content.left_out:
        found.append(look.words.say("left_out", count=content.left_out))
    if content.masked:
        found.append(look.words.say("masked"))
    return tuple(found)
