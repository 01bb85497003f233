"""Made-up sightings of people as an inbox shows them, and who they are: for bench.identity.

People have one to three mailboxes, change employers, share mailboxes, phones and names; headers, signatures, forms and sheets
write them in either order, with initials, short forms, slips of the finger and in two scripts.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from random import Random

from mailcrm.identity.features import Record
from mailcrm.identity.names.readings import given_readings, surname_reading

_FREE = ("gmail.com", "outlook.com", "yahoo.com", "hotmail.com", "icloud.com", "gmx.de", "163.com", "qq.com", "126.com")
_HAN_FAMILIES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗郑梁谢宋唐许邓冯韩曹曾彭萧蔡潘田董袁于余叶蒋杜苏魏程吕丁沈任姚卢傅钟姜崔谭"
)
_HAN_GIVEN = (
    "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超秀霞平刚桂英华玉兰红建文斌宇浩凯雪梅琳博晨思雨佳欣怡子涵梓轩志鹏飞龙云海波峰"
)
_WORDS = (
    "harbor blue iron summit delta orion cedar lotus pacific union quantum bright stone river golden apex nova".split()
)
_TRADES = (
    "tools foods media systems textiles energy design logistics health marine partners software motors travel".split()
)
_SHORT = {"robert": "bob", "william": "bill", "michael": "mike", "james": "jim", "thomas": "tom", "susan": "sue"}
_HOUSEHOLD, _NAMESAKE, _SLIP = 0.06, 0.02, 0.03


@dataclass(frozen=True)
class Person:
    """Given and family name in letters, perhaps in characters; mailboxes, a phone, a date of birth, an employer."""

    number: int
    given: str
    family: str
    han: str
    mailboxes: tuple[str, ...]
    phone: str
    born: str
    company: str


def sightings(count: int, seed: int) -> tuple[list[Record], dict[str, str]]:
    """So many sightings, in random order, and the person of each by its id."""
    chance = Random(seed)
    given, family = _names()
    companies = [f"{chance.choice(_WORDS)} {chance.choice(_TRADES)} {n}" for n in range(max(count // 12, 1))]
    records: list[Record] = []
    truth: dict[str, str] = {}
    people: list[Person] = []
    while len(records) < count:
        person = _person(chance, len(people), given, family, companies, people)
        people.append(person)
        for _ in range(min(chance.choice((1, 1, 2, 2, 3, 4, 6)), count - len(records))):
            record = replace(_sighting(chance, person), id=f"r{len(records)}")
            records.append(record)
            truth[record.id] = f"p{person.number}"
    chance.shuffle(records)
    return records, truth


def _names() -> tuple[tuple[Sequence[str], Sequence[float]], tuple[Sequence[str], Sequence[float]]]:
    """Words of the shipped table with their shares; every second one is taken for a given name."""
    table = files("mailcrm.identity.names").joinpath("frequencies.txt").read_text("utf-8").splitlines()
    pairs = [
        (name, 2.0 ** -float(bits))
        for line in table
        if line[0] != "#"
        for bits, *names in [line.split()]
        for name in names
    ]
    pairs.sort()
    first, last = pairs[::2], pairs[1::2]
    return tuple(zip(*first, strict=True)), tuple(zip(*last, strict=True))


def _person(
    chance: Random,
    number: int,
    given: tuple[Sequence[str], Sequence[float]],
    family: tuple[Sequence[str], Sequence[float]],
    companies: Sequence[str],
    people: Sequence[Person],
) -> Person:
    if chance.random() < 0.3:
        surname = _HAN_FAMILIES[min(int(chance.expovariate(0.06)), len(_HAN_FAMILIES) - 1)]
        own = "".join(chance.choice(_HAN_GIVEN) for _ in range(chance.choice((1, 2, 2, 2))))
        first, last, han = given_readings(own)[0], surname_reading(surname), surname + own
    else:
        first, last, han = chance.choices(*given)[0], chance.choices(*family)[0], ""
    phone = f"+4930{chance.randrange(10**6, 10**7)}"
    if people and chance.random() < _HOUSEHOLD:
        other = chance.choice(people[-50:])
        last, phone, han = other.family, other.phone, han if other.han else ""
    elif people and chance.random() < _NAMESAKE:
        other = chance.choice(people)
        first, last, han = other.given, other.family, other.han
    company = chance.choice(companies)
    born = f"{chance.randrange(1945, 2005)}-{chance.randrange(1, 13):02}-{chance.randrange(1, 29):02}"
    mailboxes = tuple(_mailbox(chance, number, first, last, company) for _ in range(chance.choice((1, 1, 2, 2, 3))))
    return Person(number, first, last, han, mailboxes, phone, born, company)


def _mailbox(chance: Random, number: int, first: str, last: str, company: str) -> str:
    local = chance.choice((f"{first}.{last}", f"{first}{last}", f"{first[0]}{last}", f"{last}.{first}", first))
    if chance.random() < 0.5:
        return f"{local}{number % 10000}@{chance.choice(_FREE)}"
    if chance.random() < 0.06:
        return f"info@{company.replace(' ', '')}.example.com".replace(".example", "")
    return f"{local}@{company.replace(' ', '')}.com"


def _sighting(chance: Random, person: Person) -> Record:
    source = chance.choice(("header", "header", "header", "signature", "import", "form"))
    rich = source != "header"
    return Record(
        "",
        source,
        _written(chance, person),
        chance.choice(person.mailboxes) if source == "header" or chance.random() < 0.85 else "",
        person.phone if rich and chance.random() < 0.5 else "",
        person.company if source == "signature" else "",
        "",
        person.born if source in ("import", "form") and chance.random() < 0.3 else "",
        f"C{person.number}" if source == "import" and chance.random() < 0.3 else "",
    )


def _written(chance: Random, person: Person) -> str:
    first, last = person.given.title(), person.family.title()
    if chance.random() < 0.08:
        return ""
    if person.han and chance.random() < 0.6:
        return person.han
    if chance.random() < _SLIP and len(last) > 4:
        at = chance.randrange(1, len(last) - 1)
        last = last[:at] + last[at + 1] + last[at] + last[at + 2 :]
    if chance.random() < 0.1:
        first = _SHORT.get(person.given, person.given).title()
    forms = (f"{first} {last}", f"{first} {last}", f"{first} {last}", f"{last}, {first}", f"{last.upper()} {first}")
    return chance.choice((*forms, f"{first[0]}. {last}", first) if chance.random() < 0.4 else forms)
