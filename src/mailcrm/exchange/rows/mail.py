"""The addresses of a row, and who may be mailed: a no counts for all of them, a yes only with purpose and proof."""

from datetime import datetime

from mailcrm.exchange.cells import parse_emails, text_of
from mailcrm.exchange.consents import hear_bounce, hear_consent, hear_opt_out
from mailcrm.exchange.days import parse_time
from mailcrm.exchange.mapping import Placed
from mailcrm.exchange.rows.held import CellProblem, Held
from mailcrm.exchange.tables.row import Cell
from mailcrm.model.consent import ConsentState
from mailcrm.model.recipient import Suppress
from mailcrm.model.record import EmailEntry, Said
from mailcrm.model.text import clean_line

_NOBODY = "says that somebody must not be mailed, but has no address that this could be about"


def read_emails(row: Held, labels: dict[int, str]) -> tuple[EmailEntry, ...]:
    """The addresses, each once, with what the row says of mailing them. `labels` are kinds by the place of a column."""
    said, closed = _said(row), _closed(row)  # before all else: no address without its no
    found: dict[str, EmailEntry] = {}
    for placed, cell in row.of("email"):
        addresses, wrong = parse_emails(cell)
        if wrong:
            row.complain(placed, cell, f"{wrong!r} is no e-mail address; it was left out")
        label = placed.target.label or labels.get(placed.index, "")
        for address in addresses:
            found.setdefault(address.casefold(), EmailEntry(address, label, None, said, closed))
    if not found and (closed or any(each.state is ConsentState.WITHDRAWN for each in said)):
        row.problems.append(CellProblem("", "", _NOBODY))
    return tuple(found.values())


def _said(row: Held) -> tuple[Said, ...]:
    heard = [*_opt_outs(row), *_consents(row)]
    refused = [each for each in heard if each.state is ConsentState.WITHDRAWN]
    if any(not each.purpose for each in refused):
        return tuple(dict.fromkeys(refused))  # who wants nothing agreed to nothing
    purposes = {each.purpose for each in refused}
    return tuple(
        dict.fromkeys((*refused, *(each for each in heard if each not in refused and each.purpose not in purposes)))
    )


def _opt_outs(row: Held) -> list[Said]:
    said: list[Said] = []
    for placed, cell in row.of("opt_out"):
        state, problem = hear_opt_out(cell)
        if problem:
            row.complain(placed, cell, problem)
        if state is ConsentState.WITHDRAWN:
            said.append(_refusal(row, placed, cell))
    return said


def _consents(row: Held) -> list[Said]:
    said: list[Said] = []
    for placed, cell in row.of("consent"):
        state, problem = hear_consent(cell)
        if problem:
            row.complain(placed, cell, problem)
        if state is ConsentState.WITHDRAWN:
            said.append(_refusal(row, placed, cell))
        elif state is ConsentState.GIVEN and (given := _agreement(row, placed)):
            said.append(given)
    return said


def _refusal(row: Held, placed: Placed, cell: Cell) -> Said:
    evidence = clean_line(f"{placed.heading}: {text_of(cell)}", 500)
    return Said(placed.target.label, ConsentState.WITHDRAWN, source=row.how.of, evidence=evidence)


def _agreement(row: Held, placed: Placed) -> Said | None:
    """A yes, where the mapping says what for, and it or the row how it can be proved."""
    purpose = placed.target.label
    proved = [text_of(cell) for other, cell in row.of("consent_evidence") if other.target.label in ("", purpose)]
    evidence = clean_line("; ".join(filter(None, (placed.evidence, *proved))), 500)
    if not purpose or not evidence:
        return None
    return Said(purpose, ConsentState.GIVEN, _agreed_at(row, purpose), source=row.how.of, evidence=evidence)


def _agreed_at(row: Held, purpose: str) -> datetime | None:
    for placed, cell in row.of("consent_at"):
        if placed.target.label in ("", purpose):
            return row.attempt(placed, cell, parse_time, row.how.zone, row.how.mapping.date_order)
    return None


def _closed(row: Held) -> str:
    """Why the addresses are closed for good; a complaint weighs more than a bounce."""
    if any(hear_bounce(cell) for _, cell in row.of("complained")):
        return Suppress.COMPLAINT.value
    return Suppress.HARD_BOUNCE.value if any(hear_bounce(cell) for _, cell in row.of("bounced")) else ""
