"""The parts of the page that say who a customer is: values, addresses, ties, tags, dates, and fields of the team's own."""

from collections.abc import Iterable, Sequence

from mailcrm.exchange.page.content import ArchiveContent, Closure, DatedDay
from mailcrm.exchange.page.document import Entry, Group, Section
from mailcrm.exchange.page.shown import Look, grouped, joined, section
from mailcrm.exchange.page.texts import PageLanguage
from mailcrm.model.archive import AddressLine, AffiliationLine
from mailcrm.model.calendar.shown import shown
from mailcrm.model.contact import MANY, OWN, ContactFact, ContactField, Standing
from mailcrm.model.own_field import OwnFieldSpec
from mailcrm.model.party import PartyKind

_HOLDING = (Standing.VALUE, Standing.ALSO)


def person_sections(content: ArchiveContent, look: Look) -> Iterable[Section | None]:
    """In the order of the page."""
    facts = content.archive.facts
    held = [fact for fact in facts if fact.value and fact.standing in _HOLDING]
    plain = [fact for fact in held if not _is_own(fact) and fact.field not in (ContactField.ADDRESS, ContactField.NAME)]
    yield section(look, "values", (*_name_parts(content, look), *_values(content, look, plain)))
    emails = (_email(each, content.closures.get(each.id, Closure()), look) for each in content.archive.addresses)
    yield section(look, "emails", emails)
    postal = [fact for fact in held if fact.field == ContactField.ADDRESS]
    yield section(
        look, "postal", (_value(fact, look, fact.label or look.words.label("field", fact.field)) for fact in postal)
    )
    yield grouped(look, "own", _own_groups(content, look, [fact for fact in held if _is_own(fact)]))
    yield section(look, "ties", (_tie(each, content, look) for each in content.archive.affiliations))
    yield section(look, "tags", _tags(content, look))
    yield section(look, "dates", (_date(each, look) for each in content.dates))


def doubtful_sections(content: ArchiveContent, look: Look) -> Iterable[Section | None]:
    """What is only suggested, and what held once: apart from what holds, and behind it."""
    facts = [fact for fact in content.archive.facts if fact.value]
    suggested = [fact for fact in facts if fact.standing is Standing.SUGGESTION]
    yield section(look, "suggestions", _values(content, look, suggested), "suggestions_hint")
    former = [fact for fact in facts if fact.standing is Standing.FORMER]
    yield section(look, "former", _values(content, look, former))


# --- values ------------------------------------------------------------------------------------------------------


def _is_own(fact: ContactFact) -> bool:
    return fact.field.startswith(OWN)


def _name_parts(content: ArchiveContent, look: Look) -> Iterable[Entry]:
    for name, value in content.archive.fields.items():
        yield Entry(look.words.label("field", name), value)


def _values(content: ArchiveContent, look: Look, facts: Sequence[ContactFact]) -> Iterable[Entry]:
    for fact in facts:
        called = _called(fact.field, content, look)
        yield _value(fact, look, joined((called, fact.label)))


def _called(field: str, content: ArchiveContent, look: Look) -> str:
    """The label of a field; those of a team's own have theirs."""
    return _label(content.specs[field], look) if field in content.specs else look.words.label("field", field)


def _label(spec: OwnFieldSpec, look: Look) -> str:
    return (spec.label_zh if look.words.language is PageLanguage.ZH else "") or spec.label


def _who(actor: str) -> str:
    """`ann` of `user:ann`."""
    return actor.partition(":")[2] or actor


def _value(fact: ContactFact, look: Look, label: str) -> Entry:
    """A claim with where it comes from, since when, and how sure it is."""
    say = look.words.say
    note = joined((
        look.name("source", fact.source),
        look.day(fact.observed_at),
        say("confidence", percent=f"{fact.confidence:.0%}"),
        say("mails", count=fact.times) if fact.times > 1 else "",
        say("confirmed", who=_who(fact.verified_by)) if fact.verified_by else "",
        say("preferred") if fact.is_preferred and fact.field in MANY else "",
        say("ended", day=look.day(fact.ended_at)) if fact.ended_at else "",
    ))  # fmt: skip
    return Entry(label, fact.value, note)


def _own_groups(content: ArchiveContent, look: Look, facts: Sequence[ContactFact]) -> Iterable[Group]:
    """By section, in the order that the team gave its fields; what has no definition any more comes last."""
    order = {name: place for place, name in enumerate(content.specs)}
    groups: dict[str, list[Entry]] = {}
    for fact in sorted(facts, key=lambda each: order.get(each.field, len(order))):
        spec = content.specs.get(fact.field)
        label = _called(fact.field, content, look).removeprefix(OWN)
        if spec is not None and spec.is_sensitive:
            label = look.words.say("sensitive", label=label)
        groups.setdefault(spec.section if spec else "", []).append(_value(fact, look, label))
    several = len(groups) > 1 or "" not in groups
    for heading, entries in groups.items():
        yield Group((heading or look.words.say("general")) if several else "", tuple(entries))


# --- addresses ---------------------------------------------------------------------------------------------------


def _email(line: AddressLine, closure: Closure, look: Look) -> Entry:
    say = look.words.say
    holds = say("not_in_use", day=look.day(line.ended_at)) if line.ended_at else say("holds")
    details = [say("closed_for", purpose=purpose) for purpose in closure.purposes]
    if closure.everything:
        details.insert(0, say("closed_all", reason=look.name("closed", closure.everything)))
    for consent in line.consents:
        state = look.name("said", consent.state.value)
        text = say("consent", purpose=consent.purpose, state=state, at=look.minute(consent.since))
        proof = look.words.colon(say("proof"), consent.evidence) if consent.evidence else say("no_proof")
        details.append(joined((text, consent.source.replace("_", " "), proof)))
    note = joined((look.name("address", line.kind.value), line.label))
    return Entry(holds, line.address, note, tuple(details))


# --- others ------------------------------------------------------------------------------------------------------


def _tie(line: AffiliationLine, content: ArchiveContent, look: Look) -> Entry:
    mine = content.archive.line.kind == PartyKind.PERSON
    label = look.words.label("tie" if mine else "tied", line.kind.value)
    span = (
        look.words.say("from_to", first=look.day(line.valid_from), last=look.day(line.valid_to))
        if line.valid_to
        else look.words.say("seen_until", day=look.day(line.seen_until))
    )
    title = look.words.say("with_title", title=line.title) if line.title else ""
    return Entry(label, line.name, joined((line.number, title, span, look.name("source", line.source))))


def _tags(content: ArchiveContent, look: Look) -> Iterable[Entry]:
    by_category: dict[str, list[str]] = {}
    for tag in content.tags:
        by_category.setdefault(tag.category, []).append(tag.name)
    for category, names in by_category.items():
        yield Entry(category or look.words.say("no_category"), look.words.listed(names))


def _date(dated: DatedDay, look: Look) -> Entry:
    kept, say = dated.kept, look.words.say
    label = kept.date.label or look.words.label("date", kept.date.kind)
    coming = say("next", day=dated.following.isoformat()) if dated.following else ""
    over = say("ended", day=look.day(kept.ended_at)) if kept.ended_at else ""
    source = look.name("source", kept.source)
    return Entry(
        label, shown(kept.date, look.words.language), joined((coming, over, source, look.day(kept.observed_at)))
    )
