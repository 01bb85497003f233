"""A customer in one row: what there is one of, and of what there are several the first or a list.

Nothing in the row reads as a consent. Whoever said no at any address that is listed is unsubscribed as a whole, for a row has
no place to say which; the sheet of addresses says it exactly.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from mailcrm.model.consent import ConsentState
from mailcrm.model.important_date import Calendar, DateKind, ImportantDate
from mailcrm.model.recipient import Suppress
from mailcrm.model.record import Claim, CustomerRecord, EmailEntry

_NAMES = {"Name": "name", "Given name": "given_name", "Family name": "family_name", "Salutation": "salutation"}
_SAID = {
    "Language": "language", "Legal name": "legal_name", "Tax ID": "tax_id", "Lifecycle stage": "lifecycle", "Tier": "tier",
    "Owner": "owner",
}  # fmt: skip
_ONE = {"Company": "company", "Department": "department", "Title": "title", "Industry": "industry", "Gender": "gender"}
_MANY = {"Phone": "phone", "Mobile": "mobile", "Fax": "fax"}
_HANDLES = {"WeChat": "wechat", "QQ": "qq", "WhatsApp": "whatsapp", "LinkedIn": "linkedin", "Website": "url"}
_PLACE = {"Street": "street", "District": "district", "City": "city", "Region": "region", "Postcode": "postcode"}
_MAIL = ("E-mail", "Unsubscribed", "Bounced")

PLAIN = (
    "Customer number", "Foreign ID", "Record type", *_NAMES, *_ONE, *_MAIL, *_MANY, *_HANDLES, *_PLACE, "Country", "Birthday",
    "Lunar birthday", *_SAID, "Source", "Tags", "Created at",
)  # fmt: skip
"""The headings. "Record type" is person or organisation; times are ISO 8601 in UTC."""


def customer_cells(record: CustomerRecord, own: Sequence[str] = ()) -> tuple[str, ...]:
    """The cells below `PLAIN` and the team's own fields `own`."""
    claims = _by_field(record.claims)
    place = _place(claims)
    return (
        *(record.number, record.foreign_id, record.kind.value),
        *(record.fields.get(field, "") for field in _NAMES.values()),
        *(_first(claims, field) for field in _ONE.values()),
        *_mail_cells(record.emails),
        *("; ".join(each.value for each in claims.get(field, ())) for field in _MANY.values()),
        *(_first(claims, field) for field in _HANDLES.values()),
        *(place.get(field, "") for field in _PLACE.values()),
        place.get("country", ""),
        *_birthdays(record.dates),
        *(record.fields.get(field, "") for field in _SAID.values()),
        _first(claims, "origin"),
        "; ".join(tag for _, tag in record.tags),
        iso_utc(record.created_at) if record.created_at else "",
        *(record.fields.get(field) or _first(claims, field) for field in own),
    )


def iso_utc(time: datetime) -> str:
    """A time as ISO 8601 in UTC, to the second: 2026-03-05T08:00:00Z."""
    return time.astimezone(UTC).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def _by_field(claims: Sequence[Claim]) -> dict[str, list[Claim]]:
    """Those that count today, the current ones first."""
    found: dict[str, list[Claim]] = {}
    for claim in sorted(claims, key=lambda each: not each.is_current):
        if claim.ended_at is None:
            found.setdefault(claim.field, []).append(claim)
    return found


def _first(claims: Mapping[str, Sequence[Claim]], field: str) -> str:
    return claims[field][0].value if field in claims else ""


def _place(claims: Mapping[str, Sequence[Claim]]) -> dict[str, str]:
    """The first address in parts; without parts all of it is the street."""
    for claim in claims.get("address", ()):
        return dict(claim.parts) or {"street": claim.value}
    return {field: _first(claims, field) for field in ("city", "region", "country")}


def _mail_cells(emails: Sequence[EmailEntry]) -> tuple[str, str, str]:
    """Addresses that hold; a bounced one only where there is no other, for a mark in the row closes them all."""
    held = [entry for entry in emails if entry.ended_at is None]
    working = [entry for entry in held if entry.closed != Suppress.HARD_BOUNCE]
    listed = working or held
    no = any(said_no(entry) for entry in held)
    bounced = bool(held) and not working
    return "; ".join(entry.address for entry in listed), "yes" if no else "", "yes" if bounced else ""


def said_no(entry: EmailEntry) -> bool:
    """Whether an address must not be mailed for another reason than that mail to it bounced."""
    closed = entry.closed not in ("", Suppress.HARD_BOUNCE)
    return closed or any(said.state is ConsentState.WITHDRAWN for said in entry.consents)


def _birthdays(dates: Sequence[ImportantDate]) -> tuple[str, str]:
    """By the sun and by the moon, in forms that `days.parse_day` reads."""
    shown = {Calendar.SOLAR: "", Calendar.LUNAR: ""}
    for each in dates:
        if each.kind == DateKind.BIRTHDAY and not shown[each.calendar]:
            shown[each.calendar] = _written(each)
    return shown[Calendar.SOLAR], shown[Calendar.LUNAR]


def _written(day: ImportantDate) -> str:
    if day.calendar is Calendar.LUNAR:
        year = f"{day.year}年" if day.year else ""
        return f"农历{year}{'闰' if day.leap_month else ''}{day.month}月{day.day}日"
    return f"{day.year:04}-{day.month:02}-{day.day:02}" if day.year else f"--{day.month:02}-{day.day:02}"
