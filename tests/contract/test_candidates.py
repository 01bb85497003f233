"""Candidates in memory and in the store are the same, and mean the same to the judgement."""

from collections.abc import Sequence
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailcrm.identity.candidates import Candidates, MemoryCandidates
from mailcrm.identity.judge import judge, judge_unless_hopeless
from mailcrm.identity.profile import Profile, profile_of, records_of
from mailcrm.identity.stored import StoredCandidates, keys_as_kept
from mailcrm.identity.world import World
from mailcrm.model.identity import Observed, key_number, records_text
from mailcrm.model.party import PartyKind
from mailcrm.store import Session, parties
from mailcrm.store.identity import keys, profiles
from mailcrm.store.identity.keys import Keys
from tests.builders import NOW, a_store, a_write

NAMES = ("Jane Smith", "J. Smith", "Bob Smith", "李伟", "Li Wei", "Radka Dvorakova", "Jane", "")
LOCALS = ("jane", "jane.smith", "js", "li.wei", "radka", "jane2")
HOSTS = ("gmail.com", "acme.example", "globex.example")
PHONES = ("+491718364729", "+49308364729", "")
COMPANIES = ("Acme GmbH", "Globex", "")

people = st.builds(
    lambda local, host, name, other, phone, company: Observed(
        0,
        names=tuple((each, f"{local}@{host}", 3) for each in (name, other) if each),
        addresses=(f"{local}@{host}",),
        phones=(phone,) if phone else (),
        companies=(company,) if company else (),
    ),
    st.sampled_from(LOCALS), st.sampled_from(HOSTS), st.sampled_from(NAMES), st.sampled_from(("", *NAMES)),
    st.sampled_from(PHONES), st.sampled_from(COMPANIES),
)  # fmt: skip
firms = st.builds(
    lambda domain, name, tax: Observed(0, organisation=True, name=name, domains=(domain,), tax_id=tax),
    st.sampled_from(("acme.com", "acme.cn", "globex.com")), st.sampled_from(COMPANIES), st.sampled_from(("", "DE1", "DE2")),
)  # fmt: skip


def store_all(session: Session, seen: Sequence[Observed]) -> list[Profile]:
    kinds = [PartyKind.ORGANISATION if each.organisation else PartyKind.PERSON for each in seen]
    ids = [parties.create_party(session, kind, "", "header", NOW) for kind in kinds]
    texts = {each: records_text(records_of(known), []) for each, known in zip(ids, seen, strict=True)}
    found = [profile_of(each, text) for each, text in texts.items()]
    profiles.touch(session, ids)
    for each in found:  # one by one, as mail brings them
        keys.change(session, {each.party_id: (Keys(), keys_as_kept(each))})
    profiles.keep(session, texts, 1, dict.fromkeys(texts, ""))
    return found


def answers(candidates: Candidates, profile: Profile, most: int) -> tuple[list[int], World]:
    near = candidates.near(profile, most)
    return [each.party_id for each in near], candidates.world([profile, *near])


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.lists(people | firms, min_size=1, max_size=12), st.sampled_from([2, 5, 50]))
def test_memory_and_store_answer_alike(tmp_path_factory: object, seen: list[Observed], most: int) -> None:
    folder: Path = tmp_path_factory.mktemp("store")  # type: ignore[attr-defined]
    with a_store(folder) as store, a_write(store) as session:
        found = store_all(session, seen)
        memory = MemoryCandidates(found)
        stored = StoredCandidates(session)
        for profile in found:
            assert answers(memory, profile, most) == answers(stored, profile, most)
        _counts_are_true(session, found)


def _counts_are_true(session: Session, found: Sequence[Profile]) -> None:
    every = {key_number(key) for each in found for key in each.counted}
    counts = keys.counts(session, every)
    for each in found:
        for key in each.counted:
            assert counts[key_number(key)] == sum(key in other.counted for other in found)


@given(people, people)
def test_what_is_passed_over_at_a_glance_would_have_come_to_nothing(one: Observed, other: Observed) -> None:
    pair = [profile_of(at, records_text(records_of(each), [])) for at, each in enumerate((one, other))]
    world = MemoryCandidates(pair).world(pair)
    full, quick = judge(*pair, world), judge_unless_hopeless(*pair, world)
    assert full[0].value == (quick[0].value if quick else "nothing")
    if quick and full[0].value != "nothing":
        assert full == quick


@given(people, people)
def test_it_does_not_matter_who_is_named_first(one: Observed, other: Observed) -> None:
    pair = [profile_of(at, records_text(records_of(each), [])) for at, each in enumerate((one, other))]
    world = MemoryCandidates(pair).world(pair)
    there, back = judge(pair[0], pair[1], world), judge(pair[1], pair[0], world)
    assert there[0] is back[0]
    assert abs(there[1].bits - back[1].bits) < 0.05
