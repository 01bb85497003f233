"""The line to a real server fails at every so many bytes of a pass, in both directions; then a whole pass follows.

MAILCRM_FAULT_STEP=1 lets it fail at every byte; the default looks at a sample.
"""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailcrm.store import Session
from tests.faults.line import Fault, Trouble, Way
from tests.faults.rig import BATCH, FOLDERS, LONG, SAMPLES, Rig, here, picture, sweep

_ENDS = [
    (Trouble.CLOSED, Way.ANSWERS),
    (Trouble.CLOSED, Way.COMMANDS),
    (Trouble.RESET, Way.ANSWERS),
    (Trouble.DELAYED, Way.ANSWERS),
]
_LIES = [(Trouble.GARBLED, Way.ANSWERS), (Trouble.GARBLED, Way.COMMANDS), (Trouble.DOUBLED, Way.ANSWERS)]

pytestmark = pytest.mark.timeout(LONG)


@pytest.mark.parametrize(("trouble", "way"), _ENDS)
def test_the_line_may_end_or_hesitate_anywhere(rig: Rig, trouble: Trouble, way: Way) -> None:
    assert sweep(rig, rig.faults(trouble, way)) >= SAMPLES


def test_a_line_that_falls_silent_is_given_up(rig: Rig) -> None:
    assert sweep(rig, rig.faults(Trouble.SILENT, samples=2)) >= 2


@pytest.mark.parametrize(("trouble", "way"), _LIES)
def test_a_garbled_line_loses_no_mail(rig: Rig, trouble: Trouble, way: Way) -> None:
    """What a byte said that was changed on the way cannot be known: TLS would have noticed, IMAP cannot. So one mail may
    have other flags, another subject or another text, or those of one command where it was the command that changed. But
    none is missing or double, no other is touched, and there is an end to it."""
    for fault in rig.faults(trouble, way):
        rig.put_back()
        rig.a_pass(fault)
        # The first may find that the line lied about the folder; what the server did not understand is asked later.
        settled = any([rig.a_pass(), rig.a_pass(later=timedelta(hours=1))])
        try:
            assert settled, "no pass was complete"
            with rig.instance.looking() as session:
                _nearly_right(rig, session, 1 if way is Way.ANSWERS else BATCH)
        except AssertionError as exc:
            raise AssertionError(f"wrong after {fault}") from exc


def _nearly_right(rig: Rig, session: Session, most: int) -> None:
    """The mails of the server are there, each once; at most so many differ from what they should be."""
    odd = 0
    with rig.server.reader(rig.user) as reader:
        for folder in FOLDERS:
            rows, flags = here(session, folder), reader.flags(folder)
            assert rows.keys() == flags.keys(), folder
            odd += sum(rows[uid][0] != flags[uid] for uid in flags)
    assert odd <= most
    now = picture(session)
    for what in ("messages", "timeline"):
        assert len(set(now[what]) - set(rig.expected[what])) <= most, what
        assert len(now[what]) - len(rig.expected[what]) <= most, what


def test_the_line_itself(rig: Rig) -> None:
    """A sweep proves nothing if its line does no harm: each ending, seen by the pass it hits."""
    middle = rig.passed[Way.ANSWERS] // 2
    for trouble in (Trouble.CLOSED, Trouble.RESET, Trouble.SILENT):
        rig.put_back()
        assert not rig.a_pass(Fault(trouble, middle)), trouble
        assert rig.line.passed[Way.ANSWERS] >= middle
    rig.put_back()
    assert rig.a_pass(Fault(Trouble.DELAYED, middle))
