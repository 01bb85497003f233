"""A customer of whom much is known, for the tests of the page; every text can be made hostile."""

from datetime import UTC, date, datetime, timedelta, timezone

from mailcrm.exchange.page.content import ArchiveContent, Closure, DatedDay
from mailcrm.model.activity import Activity, ActivityLine, CaseState
from mailcrm.model.address import AddressKind
from mailcrm.model.archive import (
    AddressLine,
    AffiliationLine,
    ConsentLine,
    FieldChangeLine,
    PartyArchive,
    PartyLine,
    TimelineLine,
)  # fmt: skip
from mailcrm.model.consent import ConsentState
from mailcrm.model.contact import ContactFact, ContactField, Standing
from mailcrm.model.important_date import Calendar, ImportantDate, KeptDate
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.number import KnownNumber, NumberKind
from mailcrm.model.order import OrderDetails, OrderLine, OrderStatus, OrderSummary, OrderTotals, Payment
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.party import PartyKind, PartyState
from mailcrm.model.tag import TagName

AT = datetime(2026, 3, 5, 20, 30, tzinfo=UTC)
SHANGHAI = timezone(timedelta(hours=8))


def local(at: datetime) -> datetime:
    """A zone that is not that of the computer the tests run on."""
    return at.astimezone(SHANGHAI)


def content(text: str = "王小明", lines: int = 2) -> ArchiveContent:
    """With `text` wherever a customer's words can stand."""
    archive = PartyArchive(
        PartyLine(7, "C000017Z", PartyKind.PERSON, PartyState.ACTIVE, text, "wang@nb.example"), "user", AT, 3,
        fields={"given_name": text}, addresses=(_address(text),), facts=_facts(text),
        affiliations=(AffiliationLine(9, "C0000185", text, AT, AT, title=text),), members=(("#3", text),),
        numbers=(KnownNumber("C000017Z", NumberKind.OWN, "", AT), KnownNumber(text, NumberKind.FOREIGN, "sap", AT)),
    )  # fmt: skip
    lunar = ImportantDate("birthday", Calendar.LUNAR, 8, 15, 1980)
    spec = OwnFieldSpec("budget", text, FieldType.NUMBER, label_zh=text, section=text, is_sensitive=True)
    case = Activity(
        InteractionKind.COMPLAINT, AT, text, body=text + "\nmore", by="user:ann", state=CaseState.OPEN, owner="ann",
        due_at=AT,
    )  # fmt: skip
    note = Activity(InteractionKind.NOTE, AT, text, by="user:ann", pinned=True, private=True)
    return ArchiveContent(
        archive, AT, text, closures={1: Closure("hard bounce", (text,))},
        tags=(TagName("", "vip"), TagName(text, text), TagName(text, "tea")),
        dates=(DatedDay(KeptDate(1, 7, lunar, "user", AT), date(2026, 9, 25)),), specs={"x.budget": spec},
        orders=(_order(text),), totals=(OrderTotals("CNY", 1, 129950, 50000),),
        payments=(Payment(AT, -300, "EUR", text, text),), cases=(ActivityLine(5, case, 1),),
        pinned=(ActivityLine(6, note, 1),), changes=(FieldChangeLine("title", text, "", "user", None, AT, "user:ann"),),
        timeline=tuple(_line(text, at) for at in range(lines)), left_out=12, masked=True,
    )  # fmt: skip


def _address(text: str) -> AddressLine:
    said = ConsentLine(text, ConsentState.GIVEN, AT, "cli", text)
    return AddressLine(1, "wang@nb.example", AddressKind.ROLE, 0, consents=(said,), label=text)


def _facts(text: str) -> tuple[ContactFact, ...]:
    def fact(field: str, value: str, standing: Standing, source: str = "user", sure: float = 1.0) -> ContactFact:
        return ContactFact(field, value, source, sure, AT, label=text, verified_by=text, standing=standing)

    return (
        fact(ContactField.TITLE, text, Standing.VALUE),
        fact(ContactField.TITLE, "Buyer?", Standing.SUGGESTION, "signature", 0.8),
        fact(ContactField.PHONE, "+8613800138000", Standing.FORMER),
        fact(ContactField.ADDRESS, text, Standing.ALSO),
        fact("x.budget", "•••", Standing.VALUE),
    )


def _order(text: str) -> OrderDetails:
    summary = OrderSummary(1, 7, text, AT, "CNY", 129950, 50000, OrderStatus.OPEN, "user", 1)
    lines = (OrderLine(text, 2500, 51980, text), OrderLine("Tea"))
    return OrderDetails(summary, lines, (Payment(AT, 50000, "CNY", text, text),), text, "", ())


def _line(text: str, at: int) -> TimelineLine:
    when = AT - timedelta(days=20 * at)
    return TimelineLine(
        at + 1,
        when,
        InteractionKind.EMAIL_IN,
        Direction.IN,
        text,
        text,
        body=text,
        outcome=text,
        attachments=2,
        said=text,
    )
