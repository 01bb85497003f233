"""The same people, whether the pairs are found in memory or by Splink in DuckDB."""

from __future__ import annotations

import random
import sys
from dataclasses import replace

import pytest

from mailcrm.errors import UserError
from mailcrm.identity.by_splink import pairs_by_splink
from mailcrm.identity.cluster import Clusters, cluster, world_of
from mailcrm.identity.evidence import weigh
from mailcrm.identity.features import Record, features_of
from mailcrm.identity.keys import CAPS
from mailcrm.identity.pairs import pairs_in_memory

_PEOPLE = (
    {"name": "Robert Fairweather", "email": "robert@acme.example"},
    {"name": "Bob Fairweather", "email": "bob.fairweather@gmail.com"},
    {"name": "Michael Cates", "email": "michael.cates@gmail.com"},
    {"name": "Mike Cates", "email": "m.cates@yahoo.com", "phone": "+4930901820"},
    {"name": "Cates, Michael", "phone": "+4930901820"},
    {"name": "张伟", "email": "zhang.wei@hongyun.example", "phone": "13800138211"},
    {"name": "Zhang Wei", "email": "zw1988@qmail.example", "phone": "+86 138 0013 8211"},
    {"name": "Amy Zhang", "email": "amy@hongyun.example", "phone": "13800138211"},
    {"name": "J. Lindqvist", "email": "j.lindqvist@nordic.example"},
    {"name": "Johanna Lindqvist", "email": "jlindqvist@nordic.example"},
    {"name": "Johanna Lindqvits", "email": "johanna@nordic.example"},
    {"name": "Dmitry Sokolov", "email": "dsokolov@mail.example", "birth_date": "1985-06-07"},
    {"name": "Дмитрий Соколов", "birth_date": "1985-06-07"},
    {"name": "Mary Smith", "email": "smithmary@northernlights.example"},
    {"name": "Mary Smith", "email": "smithmery@northernlight.example"},
    {"name": "Mary Smith", "email": "mary.smith@gmail.com"},
    {"name": "Mary Smith", "email": "mary.smyth@gmail.com"},
    {"name": "James Smith", "birth_date": "1980-01-02"},
    {"name": "James Smith", "birth_date": "1980-01-12"},
    {"name": "", "email": "mingjiecui8364@hotmail.com"},
    {"name": "崔明杰", "email": "cui@novamedia.example"},
    {"name": "김영희", "email": "kim@seoul.example"},
    {"name": "Kim Younghee", "email": "younghee@seoul.example"},
    {"name": "Anna Weber", "email": "anna.weber@gmail.com"},
    {"name": "Anna Weber", "email": "anna.weber@gmail.con"},
    {"name": "Jan Daniel Kowal", "email": "jdk@wood.example"},
    {"name": "JanDaniel Kowal", "email": "office@wood.example"},
    {"name": "Tom Abel", "customer_no": "C1001"},
    {"name": "Thomas Abel", "customer_no": "C1001", "email": "info@abel.example"},
    {"name": "Irene Wei", "email": "irene@lotus.example", "phone": "+493095181001"},
    {"name": "Jianyang Wei", "phone": "+493095181001"},
    {"name": "John Brown", "email": "office7@gmail.com"},
    {"name": "John Brown", "email": "office7@yahoo.com"},
    {"name": "Newsletter", "email": "no-reply@shop.example"},
)


def _sheet() -> list[Record]:
    """Each of them twice, the other time loudly, in a crowd that makes counts mean something."""
    loud = ({**each, "name": each["name"].upper()} for each in _PEOPLE)
    chance = random.Random(7)
    crowd = (
        {
            "name": f"a{''.join(chance.sample('bcdefghijklmnopq', 7))} Fam{chr(97 + at % 20) * 3}",
            "email": f"p{at}@crowd{at % 20}.example",
        }
        for at in range(400)
    )
    return [Record(f"r{at:04}", **each) for at, each in enumerate((*_PEOPLE, *loud, *crowd))]


@pytest.fixture(scope="module")
def both() -> tuple[Clusters, Clusters]:
    records = _sheet()
    return cluster(records), cluster(records, find_pairs=pairs_by_splink)


def test_the_groups_are_the_same(both: tuple[Clusters, Clusters]) -> None:
    memory, splink = both
    assert list(splink.group_of) == list(memory.group_of)
    assert len(set(memory.group_of)) < len(memory.group_of) - len(_PEOPLE), "something was joined"


def test_the_same_pairs_are_asked_about(both: tuple[Clusters, Clusters]) -> None:
    memory, splink = both
    assert memory.review
    assert splink.review == memory.review


def test_fewer_pairs_are_weighed(both: tuple[Clusters, Clusters]) -> None:
    memory, splink = both
    assert splink.compared < memory.compared


@pytest.mark.parametrize("size", [10**4, 10**5, 10**6, 10**7, 10**8])
def test_what_matters_in_a_larger_world_is_found(size: int) -> None:
    features = [features_of(each, "DE") for each in _sheet()]
    world = replace(world_of(features), size=size)
    alone = {at for at, each in enumerate(features) if not each.person}
    matter, found = set(), set()
    for one, others in enumerate(pairs_in_memory(features, world, alone).later):
        for other in others:
            score = weigh(features[one], features[other], world)
            if score.is_one or score.is_open:
                matter.add((one, other))
    for one, others in enumerate(pairs_by_splink(features, world, alone).later):
        found |= {(one, other) for other in others}
    assert matter
    assert not [(features[one], features[other]) for one, other in matter - found]


def test_keys_that_too_many_share_are_named() -> None:
    crowd = [Record(f"r{at}", phone="+4930901820", name=f"Person{chr(97 + at)}") for at in range(26)]
    capped = [
        *crowd,
        *(Record(f"s{at}", phone="+4930901820", email=f"p{at}@x{at}.example") for at in range(CAPS["phone"])),
    ]
    memory, splink = cluster(capped), cluster(capped, find_pairs=pairs_by_splink)
    assert (("phone", "+4930901820"), 26 + CAPS["phone"]) in memory.capped
    assert splink.capped == memory.capped


@pytest.mark.parametrize("records", [[], [Record("1", email="no-reply@shop.example")], [Record("1"), Record("2")]])
def test_a_sheet_without_pairs(records: list[Record]) -> None:
    assert cluster(records, find_pairs=pairs_by_splink).review == []


def test_without_the_libraries_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(UserError, match=r"pip install 'mailcrm\[splink\]'"):
        pairs_by_splink([], cluster([]).world, set())
