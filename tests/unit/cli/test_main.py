"""The command line as a whole: each command is found in its file."""

from pathlib import Path

import pytest
import typer
from typer.main import get_command
from typer.testing import CliRunner

from mailcrm import cli
from mailcrm.cli import main


@pytest.mark.parametrize("word", main._FILES)
def test_each_first_word_is_a_command(word: str) -> None:
    group = get_command(main.app)
    assert isinstance(group, main.Commands)
    found = group.get_command(typer.Context(group), word)
    assert found is not None
    assert found.name == word


def test_each_file_with_commands_is_on_the_list() -> None:
    texts = {
        path.stem: path.read_text("utf-8") for path in Path(cli.__file__).parent.glob("*.py") if path.stem != "main"
    }
    faces = {name for name, text in texts.items() if "\napp = typer.Typer(" in text or "\ndef register(" in text}
    assert faces == set(main._FILES.values())


def test_help_has_them_all_in_order() -> None:
    shown = CliRunner().invoke(main.app, ["--help"]).output
    places = [shown.index(f"│ {word} ") for word in main._FILES]
    assert places == sorted(places)


def test_a_misspelt_word_is_answered_with_one_that_is_not_loaded_yet() -> None:
    assert "Did you mean 'campaigns'" in CliRunner().invoke(main.app, ["campaing"]).output
