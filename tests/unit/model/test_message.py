"""Who sent a mail."""

import pytest

from mailcrm.model.message import ParsedHeaders, Participant, ParticipantRole

FROM, SENDER, TO = ParticipantRole.FROM, ParticipantRole.SENDER, ParticipantRole.TO


def a_participant(role: ParticipantRole, key: str, position: int = 0) -> Participant:
    return Participant(role, position, key, key)


@pytest.mark.parametrize(
    ("participants", "sender"),
    [
        pytest.param([(FROM, "jane@x.example")], "jane@x.example", id="From"),
        pytest.param([(SENDER, "desk@x.example"), (FROM, "jane@x.example")], "jane@x.example", id="From before Sender"),
        pytest.param([(SENDER, "desk@x.example"), (TO, "us@y.example")], "desk@x.example", id="Sender without From"),
        pytest.param([(FROM, "jane@x.example"), (FROM, "joe@x.example")], "jane@x.example", id="the first of two"),
        pytest.param([(TO, "us@y.example")], None, id="neither"),
        pytest.param([], None, id="nobody"),
    ],
)
def test_sender_is_the_first_from(participants: list[tuple[ParticipantRole, str]], sender: str | None) -> None:
    headers = ParsedHeaders(participants=tuple(a_participant(role, key) for role, key in participants))
    found = headers.sender()
    assert (found.key if found else None) == sender
