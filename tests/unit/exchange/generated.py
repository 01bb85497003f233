"""Customer records that chance made: Chinese, emoji, quotes, line breaks and formulas in every place that takes text."""

from datetime import UTC, datetime

from hypothesis import strategies as st

from mailcrm.model.activity import ACTIVITIES, Activity, CaseState
from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import Calendar, ImportantDate, LeapRule
from mailcrm.model.interaction import Direction
from mailcrm.model.order import Order, OrderLine, OrderStatus, Payment
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.record import FIELDS, AffiliationEntry, Claim, CustomerRecord, EmailEntry, Proof, Said

AWKWARD = (
    "王小明",
    "😀👩‍💻",
    "\"quoted\", 'so'",
    "line\nbreak\r\nand\ttab",
    "=1+1",
    "@SUM(A1)",
    "+49 89 1",
    "-",
    "007",
    "ﬁ",
    "\u2028",
)
texts = st.one_of(
    st.sampled_from(AWKWARD),
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\0"), max_size=12),
)
times = st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC))  # noqa: DTZ001 - chance adds UTC
counts = st.integers(-(2**62), 2**62)


def _maybe(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    return st.none() | values


def _some(values: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(values, max_size=2).map(tuple)


proofs = st.builds(Proof, source=texts, observed_at=_maybe(times), confidence=st.floats(0, 1), verified_by=texts)
claims = st.builds(
    Claim, texts, texts, texts, st.dictionaries(texts, texts, max_size=2), st.booleans(), _maybe(times), proofs
)
saids = st.builds(Said, texts, st.sampled_from(ConsentState), _maybe(times), texts, texts, texts)
emails = st.builds(EmailEntry, texts, texts, _maybe(times), _some(saids), texts)
affiliations = st.builds(AffiliationEntry, texts, texts, texts, texts, _maybe(times), _maybe(times))
dates = st.builds(
    ImportantDate, texts, st.sampled_from(Calendar), st.integers(1, 12), st.integers(1, 31), _maybe(st.integers(1, 9999)),
    st.booleans(), st.sampled_from(LeapRule), st.integers(0, 365), texts, st.booleans(),
)  # fmt: skip
lines = st.builds(OrderLine, texts, counts, _maybe(counts), texts)
payments = st.builds(Payment, times, counts, texts, texts, texts)
orders = st.builds(
    Order, texts, times, texts, counts, st.sampled_from(OrderStatus), texts, _some(lines), _some(payments), texts
)
activities = st.builds(
    Activity, st.sampled_from(ACTIVITIES), times, texts, texts, _maybe(st.sampled_from(Direction)), texts, texts, texts,
    texts, st.booleans(), st.booleans(), _maybe(st.integers(1, 5)), _maybe(st.integers(0, 999)),
    _maybe(st.sampled_from(CaseState)), texts, _maybe(times),
)  # fmt: skip
records = st.builds(
    CustomerRecord, st.sampled_from(PartyKind), texts, _some(texts), texts, _maybe(st.sampled_from(PartyState)),
    _maybe(times), st.dictionaries(st.sampled_from(FIELDS), texts, max_size=3), _some(emails), _some(claims),
    _some(st.tuples(texts, texts)), _some(affiliations), _some(dates), _some(orders), _some(activities),
)  # fmt: skip
