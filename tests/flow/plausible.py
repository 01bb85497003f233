"""Customers as archives hold them, made by chance: with Chinese, emoji, quotes, line breaks, formulas."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from mailcrm.model.activity import ACTIVITIES, CASES, Activity, CaseState
from mailcrm.model.consent import ConsentState
from mailcrm.model.contact import ContactField
from mailcrm.model.important_date import Calendar, ImportantDate
from mailcrm.model.order import Order, OrderLine, OrderStatus, Payment
from mailcrm.model.party import SOURCES, PartyKind, PartyState
from mailcrm.model.record import AffiliationEntry, Claim, CustomerRecord, EmailEntry, Proof, Said

WORDS = (
    "王小明",
    "Ann Lee",
    "😀 👩‍💻",
    "\"so\", 'and' so",
    "=1+1",
    "@SUM(A1)",
    "+49 89 1",
    "-",
    "007",
    "宁波 灯具",
    "O'Hara; x",
)
words = st.sampled_from(WORDS)
texts = st.builds("{} {}".format, words, st.integers(0, 99))
bodies = st.builds("{}\n{}".format, texts, texts)
times = st.datetimes(datetime(2001, 1, 2), datetime(2024, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - chance adds UTC


def some(values: st.SearchStrategy[object], most: int = 2) -> st.SearchStrategy[tuple[object, ...]]:
    """A few of these."""
    return st.lists(values, max_size=most).map(tuple)


proofs = st.builds(Proof, st.sampled_from(SOURCES), times, st.sampled_from((0.4, 0.7, 0.9, 1.0)), words)
_FIELDS = [
    field
    for field in ContactField
    if field not in (ContactField.NAME, ContactField.LEGAL_NAME, ContactField.TAX_ID, ContactField.SALUTATION)
]
claims = st.builds(
    Claim, st.sampled_from([*_FIELDS, "x.own"]), texts, words, st.just({}), st.booleans(), st.none() | times, proofs
)
places = st.builds(
    Claim, st.just("address"), texts, words, st.dictionaries(st.sampled_from(("city", "street")), words), st.booleans(),
    st.none(), proofs,
)  # fmt: skip
saids = st.builds(
    Said, st.sampled_from(("news", "offers")), st.sampled_from(ConsentState), times, st.just("consent"), texts, bodies
)
dates = st.builds(
    ImportantDate, st.sampled_from(("birthday", "anniversary")), st.sampled_from(Calendar), st.integers(1, 12),
    st.integers(1, 28), st.none() | st.integers(1950, 2020), label=words,
)  # fmt: skip
amounts = st.integers(1, 10**9)
currencies = st.sampled_from(("CNY", "JPY", "KWD", "EUR"))
lines = st.builds(OrderLine, texts, st.integers(1, 10**6), st.none() | amounts, words)
payments = st.builds(Payment, times, amounts, currencies, words, texts)


@st.composite
def _orders(draw: st.DrawFn, who: str) -> Order:
    number = f"{who}-{draw(st.integers(1, 10**9))}"
    return Order(
        number, draw(times), draw(currencies), draw(amounts), draw(st.sampled_from(OrderStatus)), f"shop:{number}",
        draw(some(lines)), draw(some(payments)), draw(bodies),  # type: ignore[arg-type]
    )  # fmt: skip


@st.composite
def _activities(draw: st.DrawFn, who: str) -> Activity:
    kind = draw(st.sampled_from(ACTIVITIES))
    return Activity(
        kind, draw(times), draw(texts), draw(bodies), channel=draw(words), outcome=draw(words), by="cli:ann",
        source_ref=f"log:{who}-{draw(st.integers(1, 10**9))}", pinned=draw(st.booleans()),
        rating=draw(st.none() | st.integers(1, 5)), minutes=draw(st.none() | st.integers(1, 99)),
        state=draw(st.sampled_from(CaseState)) if kind in CASES else None, owner=draw(words),
    )  # fmt: skip


@st.composite
def archives(draw: st.DrawFn) -> list[CustomerRecord]:
    """A few customers, people and organisations, no two of whom are the same."""
    found = []
    for at in range(draw(st.integers(1, 4))):
        kind = draw(st.sampled_from(PartyKind))
        who = f"c{at}"
        addresses = [
            EmailEntry(f"p{n}@{who}.example", draw(words), draw(st.none() | times), draw(some(saids)))  # type: ignore[arg-type]
            for n in range(draw(st.integers(1, 3)))
        ]
        own = draw(st.lists(claims | places, max_size=6, unique_by=lambda each: (each.field, each.value)))
        found.append(
            CustomerRecord(
                kind, state=draw(st.sampled_from((PartyState.ACTIVE, PartyState.CANDIDATE))), created_at=draw(times),
                fields={"name": f"{draw(words)} {at}"}, emails=tuple(addresses), claims=tuple(own),
                foreign_id=draw(st.sampled_from(("", f"sap:{at}00{at}"))),
                former_numbers=draw(st.sampled_from(((), (f"OLD-{at}",)))),
                tags=draw(some(st.tuples(st.sampled_from(("", "interest", "阶段")), words))),  # type: ignore[arg-type]
                affiliations=(AffiliationEntry("Acme 有限公司", "", "agent", draw(words)),) if kind == PartyKind.PERSON else (),
                dates=draw(some(dates)), orders=draw(some(_orders(who))), activities=draw(some(_activities(who))),  # type: ignore[arg-type]
            )
        )  # fmt: skip
    return found
