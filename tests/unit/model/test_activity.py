"""How far a case is, and how far it can come from there."""

from datetime import UTC, datetime
from itertools import product

import pytest

from mailcrm.errors import Conflict
from mailcrm.model.activity import CASES, Activity, CaseState, first_state, require_transition
from mailcrm.model.interaction import InteractionKind

AT = datetime(2025, 1, 6, 9, 0, tzinfo=UTC)
REFUSED = {
    (CaseState.SOLVED, CaseState.WORKING), (CaseState.SOLVED, CaseState.WAITING), (CaseState.CLOSED, CaseState.WORKING),
    (CaseState.CLOSED, CaseState.WAITING), (CaseState.CLOSED, CaseState.SOLVED),
}  # fmt: skip


@pytest.mark.parametrize(("now", "wanted"), list(product(CaseState, repeat=2)))
def test_a_case_that_is_over_is_opened_before_it_is_worked_on(now: CaseState, wanted: CaseState) -> None:
    if (now, wanted) in REFUSED or now == wanted:
        with pytest.raises(Conflict, match=f"it is {now}, and cannot become {wanted}"):
            require_transition(now, wanted)
    else:
        require_transition(now, wanted)


def test_what_has_no_state_gets_none() -> None:
    with pytest.raises(Conflict, match="neither a case nor has it a next step"):
        require_transition(None, CaseState.SOLVED)


@pytest.mark.parametrize("kind", InteractionKind)
def test_cases_and_what_is_due_are_open_from_the_start(kind: InteractionKind) -> None:
    assert first_state(Activity(kind, AT, "x")) == (CaseState.OPEN if kind in CASES else None)
    assert first_state(Activity(kind, AT, "x", due_at=AT)) == CaseState.OPEN
    assert first_state(Activity(kind, AT, "x", due_at=AT, state=CaseState.SOLVED)) == CaseState.SOLVED
