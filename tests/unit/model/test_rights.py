"""Who reads and who acts."""

import pytest

from mailcrm.model.rights import Actor, Viewer


def test_system_sees_everything_and_a_user_does_not() -> None:
    assert Viewer.system().is_system
    assert not Viewer("jane").is_system


@pytest.mark.parametrize(
    ("actor", "text"),
    [
        (Actor.system(), "system:mailcrm"),
        (Actor.system("ingest"), "system:ingest"),
        (Actor.cli("jane"), "cli:jane"),
        (Actor.public(), "public:link"),
    ],
)
def test_audit_log_names_kind_and_name(actor: Actor, text: str) -> None:
    assert str(actor) == text
