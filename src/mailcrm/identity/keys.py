"""Which sightings are compared at all: those that share a key. Exact keys only, each an indexed look-up in the store."""

from collections.abc import Iterator

from mailcrm.identity.features import Features
from mailcrm.identity.names.form import plain
from mailcrm.model.identity import Key

CAPS = {
    "name": 300,
    "local": 60,
    "at": 200,
    "works": 200,
    "phone": 60,
    "spelt": 60,
    "family": 30,
    "year": 200,
    "day": 200,
    "mailbox": 500,
    "number": 500,
    "born": 200,
    "dob": 40,
}
"""More different sightings than this under one key are too many to compare each with each.

A family name with an initial that more have than 30 says too little for any given name, mistyped or not, to make up for it.
"""

WEAK = frozenset({"family", "spelt"})
"""Kinds of keys that bring many and seldom the right one, who has other keys in common as a rule: where too many share one,
nothing is missed."""


def keys_of(features: Features) -> Iterator[Key]:
    """The keys of a sighting; the first word is the kind."""
    f = features
    if f.mailbox:
        yield "mailbox", f.mailbox
    if f.meant != f.mailbox:
        yield "mailbox", f.meant
    if f.customer_no:
        yield "number", f.customer_no
    if f.phone:
        yield "phone", f.phone
    if f.mailbox and not f.role and len(f.letters) > 2:
        yield "local", f.letters + f.digits
        if f.name is None or f.implied:
            yield "spelt", plain(f.letters)
    if f.born:
        yield "dob", f.born.isoformat()
    if f.name is None:
        return
    words = f.name.plain
    if len(words) > 1:
        yield "name", *sorted((words[0], words[-1]))
        for word in (words[0], words[-1]):
            yield "family", word, *sorted({other[0] for other in words if other is not word})
        for spelt in f.name.joined:
            yield "spelt", spelt
        yield "spelt", words[0][0] + words[-1]
        yield "spelt", words[0] + words[-1][0]
    for initial in f.name.initials:
        for word in words:
            yield "family", word, initial
    for word in words:
        if f.domain:
            yield "at", f.domain, word
        if f.company:
            yield "works", f.company, word
        if f.born:
            yield "born", f.born.isoformat(), word
            yield "year", str(f.born.year), word
            yield "day", f"{f.born:%m%d}", word


def organisation_keys(features: Features) -> Iterator[Key]:
    """The keys of an organisation: its name, its number, the first word of its domain."""
    if features.company:
        yield "firm", features.company
    if features.customer_no:
        yield "tax", features.customer_no
    if features.domain:
        yield "brand", brand(features.domain)


def brand(domain: str) -> str:
    """What of a domain is the same in all countries: acme of acme.com and acme.co.uk."""
    return domain.partition(".")[0]


def counted_keys(features: Features) -> Iterator[Key]:
    """What is counted besides, by parties: how much the same word, domain, local part, company or date of birth
    says."""
    f = features
    yield EVERYBODY
    if f.name is not None and not f.implied:
        for word in f.name.words:
            yield "word", word
    if f.domain:
        yield "domain", f.domain
    if f.local:
        yield "user", f.local
    if f.company:
        yield "company", f.company
    if f.born:
        yield "birth", f.born.isoformat()
        yield ALL_BORN


ALL_BORN: Key = ("birth", "")
"""Who has a date of birth at all."""

EVERYBODY: Key = ("everybody",)
