"""From what was typed or stood in a sheet to an important date."""

from mailcrm.errors import UserError
from mailcrm.model.calendar.rules import validate
from mailcrm.model.calendar.written import DateOrder, read_date
from mailcrm.model.important_date import ONCE, Calendar, ImportantDate, LeapRule


def parse_important_date(
    text: str,
    kind: str,
    *,
    calendar: Calendar | None = None,
    order: DateOrder | None = None,
    label: str = "",
    lead_days: int = 0,
    leap_rule: LeapRule = LeapRule.ORDINARY,
    recurs: bool | None = None,
) -> ImportantDate:
    """The date of a text: docs/lunar.md has the forms. `calendar` is that of a text that names none (None: solar), `order` that
    of 05/03/1990, `recurs` None as the kind has it. Raises UserError that says what of the text is wrong."""
    written = read_date(text, order, calendar)
    made = ImportantDate(
        kind,
        written.calendar or Calendar.SOLAR,
        written.month,
        written.day,
        written.year,
        leap_month=written.leap,
        leap_rule=leap_rule,
        lead_days=lead_days,
        label=label,
        recurs=kind not in ONCE if recurs is None else recurs,
    )
    try:
        return validate(made)
    except UserError as wrong:
        raise UserError(f"{text!r} cannot be kept: {wrong.message}") from wrong
