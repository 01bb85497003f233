"""Errors say who must act, and what happened."""

import pickle

import pytest

from mailcrm import errors
from mailcrm.errors import MailcrmError, PermanentError, TransientError, UserError

EVERY = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, MailcrmError)]
ACTORS = (UserError, TransientError, PermanentError)


@pytest.mark.parametrize("kind", EVERY)
def test_error_without_words_says_its_docstring(kind: type[MailcrmError]) -> None:
    assert kind.__doc__ is not None
    assert str(kind()) == kind.__doc__.splitlines()[0]
    assert str(kind()).endswith(".")


@pytest.mark.parametrize("kind", [kind for kind in EVERY if kind is not MailcrmError])
def test_exactly_one_party_must_act(kind: type[MailcrmError]) -> None:
    assert sum(issubclass(kind, actor) for actor in ACTORS) == 1


def test_problems_are_listed_below_the_message() -> None:
    error = errors.ConfigError("mailcrm.toml", problems=["accounts.0.hosst: unknown", "language: unknown"])
    assert str(error) == "mailcrm.toml\n  - accounts.0.hosst: unknown\n  - language: unknown"
    assert error.message == "mailcrm.toml"
    assert error.problems == ("accounts.0.hosst: unknown", "language: unknown")


def test_error_of_a_class_without_a_docstring_says_its_name() -> None:
    class Nameless(UserError):
        pass

    assert str(Nameless()) == "Nameless"


@pytest.mark.parametrize("kind", EVERY)
def test_error_crosses_a_process(kind: type[MailcrmError]) -> None:
    error = pickle.loads(pickle.dumps(kind("broken", problems=["one"])))
    assert type(error) is kind
    assert str(error) == "broken\n  - one"
