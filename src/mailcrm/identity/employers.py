"""For which organisation a customer works: that of the domain they write from, from the first mail to the last.

A domain of a free-mail provider is nobody's. Organisations are candidates, without a number, until mail or a human makes
customers of them; they are named as those who write from there name their company.
"""

from collections.abc import Mapping
from datetime import datetime

from mailcrm.identity.domains import organisation_domain
from mailcrm.model.party import PartyBrief, PartyKind, PartyState
from mailcrm.store import Session, affiliations, candidates, parties
from mailcrm.store.identity import clusters, profiles

_SOURCE = "header"


def note_employers(session: Session, known: Mapping[int, PartyBrief], now: datetime) -> None:
    """Of those of these people (as they are now, by id) who are customers, with all members of their clusters."""
    states = dict(known)
    merged = [each for each, party in states.items() if party.cluster_size > 1]
    if merged:
        every = {each for those in clusters.members_of(session, merged).values() for each in those}
        states |= parties.states_of(session, sorted(every - states.keys()))
    people = [
        each
        for each, party in states.items()
        if party.kind == PartyKind.PERSON and states[party.root_id].state == PartyState.ACTIVE
    ]
    seen = [
        (person, span, domain)
        for person, spans in affiliations.spans_of(session, people).items()
        for span in spans
        if (domain := organisation_domain(span.domain))
    ]
    if not seen:
        return
    owners = candidates.organisations_of(session, sorted({domain for _, _, domain in seen}), _SOURCE, now)
    found: dict[tuple[int, int], tuple[datetime, datetime]] = {}
    for person, span, domain in seen:
        first, last = found.get((person, owners[domain]), (span.first, span.last))
        found[person, owners[domain]] = min(first, span.first), max(last, span.last)
    profiles.touch(session, affiliations.affiliate(session, found, _SOURCE))
