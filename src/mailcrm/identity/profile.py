"""What of a leaf party is compared: its sightings put together into a few that say all, and the keys they are found by."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

from mailcrm.identity.features import Features, features_of
from mailcrm.identity.keys import counted_keys, keys_of, organisation_keys
from mailcrm.identity.names.compare import Level, compare_names
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.names.rarity import Rarity
from mailcrm.identity.normalise import clean_name
from mailcrm.model.identity import Key, Observed, Record, read_records

RULES = 2
"""Which rules made keys and scores; raise it when either changes, and `mailcrm identity rebuild` makes them anew."""

_NAMES, _PHONES, _COMPANIES, _ADDRESSES = 6, 3, 3, 4
"""How many of each are compared; who has more is not told apart better by them."""

_RARE_NAME = 0.1
"""The share of its mails from which on a name counts, if it is not the first: a name typed once wrongly is nobody's."""

_OTHER = frozenset({Level.HOUSEHOLD, Level.CONFLICT, Level.ONE_SHARED})


@dataclass(frozen=True)
class Profile:
    """A leaf party as it is compared, by each of its `facets`. What an organisation is `called`, as written."""

    party_id: int
    facets: tuple[Features, ...]
    organisation: bool = False
    called: tuple[str, ...] = ()

    @cached_property
    def found_by(self) -> frozenset[Key]:
        """The keys by which it is found."""
        return frozenset(self.each_key())

    @cached_property
    def counted(self) -> frozenset[Key]:
        """What else is counted, to know how much it says."""
        return frozenset(self.each_counted())

    def each_key(self) -> Iterator[Key]:
        """`found_by`, not kept, some of them twice."""
        make = organisation_keys if self.organisation else keys_of
        return (key for each in self.facets if each.person for key in make(each))

    def each_counted(self) -> Iterator[Key]:
        """`counted`, not kept, some of them twice."""
        return (key for each in self.facets for key in counted_keys(each))

    @cached_property
    def people(self) -> int:
        """How many people write from its mailbox, at the least."""
        names = list(dict.fromkeys(each.name for each in self.facets if each.name is not None and not each.implied))
        return len(told_apart(names)) if len(names) > 1 else 1

    @cached_property
    def names(self) -> tuple[NameForm, ...]:
        """All names it has."""
        return tuple(dict.fromkeys(each.name for each in self.facets if each.name is not None))

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """What one person alone has, or few: mailboxes, phones, a number."""
        return frozenset(value for each in self.facets for value in (each.meant, each.phone, each.customer_no) if value)

    @cached_property
    def says_more(self) -> bool:
        """Whether other names are no reason to stop: it has none of its own, or a date of birth."""
        return any(each.name is None or each.implied or each.born for each in self.facets)


def told_apart(names: Sequence[NameForm]) -> list[NameForm]:
    """Of a few names one for each person; who married is one person."""
    apart: list[NameForm] = []
    for name in names:
        if all(compare_names(name, each, _ANY).level in _OTHER for each in apart):
            apart.append(name)
    return apart


_ANY = Rarity()


def profile_of(party_id: int, content: str) -> Profile:
    """From the text that is kept."""
    records = read_records(content)
    organisation = any(record.source == _ORGANISATION for record in records)
    called = tuple(dict.fromkeys(record.company for record in records if record.company)) if organisation else ()
    return Profile(party_id, tuple(map(_features, records)), organisation, called)


@lru_cache(maxsize=1 << 14)
def _features(record: Record) -> Features:
    return features_of(record)


_ORGANISATION = "organisation"


def records_of(seen: Observed) -> tuple[Record, ...]:
    """The sightings that say all there is to say of a party, the most usual first."""
    return tuple(_of_organisation(seen) if seen.organisation else _of_person(seen))


def _of_person(seen: Observed) -> Iterator[Record]:
    """All that is usual together; then whatever else there is, one by one. A birth date goes with each: there is one."""
    return (replace(record, birth_date=seen.birth_date) for record in _seen_of_person(seen))


def _seen_of_person(seen: Observed) -> Iterator[Record]:
    names = list(_names(seen)) or [""]
    address = seen.addresses[0] if seen.addresses else ""
    phone, company = _first(seen.phones), _first(seen.companies)
    yield Record("", name=names[0], email=address, phone=phone, company=company)
    for name in names[1:_NAMES]:
        yield Record("", name=name, email=address, phone=phone)
    for other in seen.addresses[1:_ADDRESSES]:
        yield Record("", name=names[0], email=other)
    for number in seen.phones[1:_PHONES]:
        yield Record("", name=names[0], email=address, phone=number)
    for employer in seen.companies[1:_COMPANIES]:
        yield Record("", name=names[0], email=address, company=employer)


def _of_organisation(seen: Observed) -> Iterator[Record]:
    names = [name for name in dict.fromkeys((seen.name, *seen.companies)) if name][:_COMPANIES]
    addresses = [f"info@{domain}" for domain in seen.domains] or list(seen.addresses)
    for address in addresses[:_ADDRESSES] or [""]:
        for name in names or [""]:
            yield Record("", _ORGANISATION, email=address, company=name, customer_no=seen.tax_id)


def _names(seen: Observed) -> Iterable[str]:
    """What a human says, then what mail says, without what was written once by mistake."""
    counts: dict[str, int] = {}
    for written, address, times in seen.names:
        if name := clean_name(written, address):
            counts[name] = counts.get(name, 0) + times
    usual = sorted(counts, key=lambda name: (-counts[name], name))
    least = _RARE_NAME * sum(counts.values())
    kept = [name for at, name in enumerate(usual) if at == 0 or counts[name] >= least]
    return dict.fromkeys([*([seen.name] if seen.name else []), *kept])


def _first(values: Sequence[str]) -> str:
    return values[0] if values else ""
