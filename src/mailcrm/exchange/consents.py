"""What columns about mail say: whoever said no is never asked again, and nobody says yes by accident.

These columns are read before all others. An empty cell says nothing. What cannot be read counts as a no.
"""

import re
import unicodedata
from datetime import date
from typing import NamedTuple

from mailcrm.exchange.cells import parse_yes_no
from mailcrm.exchange.tables.row import Cell
from mailcrm.model.consent import ConsentState

_OUT = re.compile(
    r"unsub|opt(?:ed)?[ -_]?out|withdrawn|revoked|do not|don't|never|stop|abgemeldet|widerruf|désinscrit|desinscrit|baja|"
    r"退订|退訂|取消订阅|取消訂閱|拒绝|拒絕|拒收|不接收|不接受|不同意|不要|不想|勿|未同意|未订阅|未授权|禁止|黑名单"
)
_IN = re.compile(
    r"subscribed|(?:double )?opt(?:ed)?[ -_]?in|granted|given|consented|agreed|allowed|angemeldet|erteilt|inscrit|suscrito|"
    r"(?:已)?(?:订阅|訂閱|同意|授权|接收|接受|愿意)"
)
_NOTHING = frozenset(("", "-", "--", "—", "/", "n/a", "na", "null", "none", "(no value)", "[no value]"))
_FINE = frozenset("deliverable valid ok active normal good 正常 有效 可用".split())


class Heard(NamedTuple):
    """`state` NONE: the cell says nothing. `problem` is what to tell of a cell that was taken for a no."""

    state: ConsentState = ConsentState.NONE
    problem: str = ""


def hear_opt_out(cell: Cell) -> Heard:
    """A column "unsubscribed": yes, a date or 退订 withdraw, no and 'subscribed' say nothing, for that is no consent."""
    text = _plain(cell)
    if isinstance(cell, date) or _OUT.search(text):
        return Heard(ConsentState.WITHDRAWN)
    if text in _NOTHING or _IN.fullmatch(text):
        return Heard()
    answer = parse_yes_no(text)
    if answer is None:
        return _unclear(cell)
    return Heard(ConsentState.WITHDRAWN) if answer else Heard()


def hear_consent(cell: Cell) -> Heard:
    """A column "may be mailed": no withdraws. GIVEN only says what the cell says; it counts with purpose and evidence only."""
    text = _plain(cell)
    if text in _NOTHING:
        return Heard()
    if _OUT.search(text):
        return Heard(ConsentState.WITHDRAWN)
    if _IN.fullmatch(text) or isinstance(cell, date):
        return Heard(ConsentState.GIVEN)
    answer = parse_yes_no(text)
    if answer is None:
        return _unclear(cell)
    return Heard(ConsentState.GIVEN if answer else ConsentState.WITHDRAWN)


def hear_bounce(cell: Cell) -> bool:
    """A column of bounces or complaints: any reason or yes closes the address."""
    text = _plain(cell)
    return text not in _NOTHING and text not in _FINE and parse_yes_no(text) is not False


def _plain(cell: Cell) -> str:
    return "" if isinstance(cell, date) else unicodedata.normalize("NFKC", cell).strip().casefold()


def _unclear(cell: Cell) -> Heard:
    return Heard(ConsentState.WITHDRAWN, f"{str(cell)[:40]!r} is neither yes nor no; it was taken for a no")
