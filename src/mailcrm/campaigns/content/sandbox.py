"""The template language as a mail may use it: a sandbox that cannot be left, comes to an end, and fills no memory.

Templates are written by colleagues, not by strangers: the limits guard against accidents (a loop that never ends, a
zero too many in a width), not against an attacker with patience.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from itertools import islice
from typing import Any

from jinja2 import StrictUndefined, nodes, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, markup_join, str_join
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import missing
from jinja2.visitor import NodeTransformer

MAX_CHARACTERS = 2_000_000
"""Of one rendered part, and of any text on the way to it. Real mails have tens of thousands; Gmail cuts at 100,000."""

MAX_RANGE = 1_000
"""Turns of one loop, and the largest width that a filter takes."""

_MAX_NUMBER = 10**15
_WIDE_PERCENT = re.compile(r"%[^a-zA-Z%]*(\*|\d{4})")
_WIDE_BRACES = re.compile(r"\{[^{}]*([:.!][^{}]*\d{4}|\{)")
_WIDENING = frozenset(
    {"batch", "center", "expandtabs", "indent", "ljust", "rjust", "round", "slice", "tojson", "wordwrap", "zfill"}
)
"""Filters and methods of text that take a width, a depth or a number of pieces."""

_OURS = {
    "company": "company.name",
    "postal_address": "company.postal_address",
    "from_name": "company.name, or from_name of the account,",
}
"""What no customer has but the configuration."""


# --- values that are not there -----------------------------------------------------------------------------------


class NoValue(StrictUndefined):
    """A value that is not known of this customer: no in a condition, an error where it would be printed.

    So `{{ name or 'friend' }}` and `{% if name %}` do what they say, and `Dear {{ name }},` never becomes `Dear ,`.
    """

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        if self._is_attribute():
            return super()._undefined_message
        name = str(self._undefined_name)
        ours = f", or set {_OURS[name]} in the configuration" if name in _OURS else ""
        return f"{name!r} has no value; write {{{{ {name} or '...' }}}} or {{% if {name} %}}...{{% endif %}}{ours}"

    def _is_attribute(self) -> bool:
        """What does not exist at all (`name.first`) is a mistake of the template, also in a condition."""
        return bool(self._undefined_hint) or self._undefined_obj is not missing

    def __bool__(self) -> bool:  # type: ignore[override]
        if self._is_attribute():
            self._fail_with_undefined_error()
        return False

    def __eq__(self, other: object) -> bool:  # type: ignore[override]
        return bool(self) or other == "" or isinstance(other, NoValue)

    def __ne__(self, other: object) -> bool:  # type: ignore[override]
        return not self == other

    __hash__ = StrictUndefined.__hash__  # type: ignore[assignment]


def present(values: Mapping[str, str]) -> dict[str, str]:
    """The values that say something: an empty one is as good as none."""
    return {name: value for name, value in values.items() if value.strip()}


# --- limits ------------------------------------------------------------------------------------------------------


class MailEnvironment(ImmutableSandboxedEnvironment):
    """The sandbox, without the ways to make a gigabyte of one line or to lengthen a list while it is walked."""

    intercepted_binops = frozenset({"+", "*", "**", "%"})

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        numbers = isinstance(left, int | float) and isinstance(right, int | float)
        if operator == "**" or (operator == "*" and not numbers):
            raise SecurityError(
                f"{operator!r} is for numbers only" if operator == "*" else "'**' cannot be used in a mail"
            )
        if operator == "%" and isinstance(left, str):
            _require_narrow_format(left, _WIDE_PERCENT)
        if operator == "+" and not numbers:
            _require_short(_length(left) + _length(right))
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int) and abs(result) > _MAX_NUMBER:
            raise OverflowError(f"numbers in a mail go up to {_MAX_NUMBER:,}")
        return result

    def call(self, context: Context, called: Any, /, *args: Any, **values: Any) -> Any:
        owner = getattr(called, "__self__", None)
        if isinstance(owner, str):
            _check(called.__name__, owner, [*args, *values.values()])
        return super().call(context, called, *args, **values)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        found = super().wrap_str_format(value)
        if found is not None:
            _require_narrow_format(value.__self__, _WIDE_BRACES)
        return found


def make_environment(*, autoescape: bool) -> MailEnvironment:
    """An environment of templates without files."""
    made = MailEnvironment(autoescape=autoescape, undefined=NoValue, cache_size=0)
    made.globals = {"range": _short_range, "dict": dict}
    del made.filters["random"]  # a mail that is tried again must be the same mail
    for name in (*_WIDENING, "replace"):
        if name in made.filters:
            made.filters[name] = _checked(name, made.filters[name])
    made.filters |= {"format": _format, "_turns": _turns, "_short": _short, "_joined": _joined}
    return made


def limit(tree: nodes.Template) -> None:
    """Put the limits that are no operator, filter or method into a parsed template."""
    _Limiter().visit(tree)


class _Limiter(NodeTransformer):
    """Counts the turns of each loop, and measures what `~` and set blocks put together."""

    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - the engine finds it by this name
        self.generic_visit(node)
        node.iter = _filtered(node.iter, "_turns", node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        return _filtered(nodes.List(node.nodes, lineno=node.lineno), "_joined", node.lineno)

    def visit_AssignBlock(self, node: nodes.AssignBlock) -> nodes.Node:  # noqa: N802
        self.generic_visit(node)
        node.filter = _filtered(node.filter, "_short", node.lineno)
        return node


def _filtered(node: nodes.Node | None, name: str, line: int) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=line)


def _turns(items: Iterable[Any]) -> list[Any]:
    """What a loop walks through, as a list that nobody can lengthen."""
    found = list(islice(items, MAX_RANGE + 1))
    if len(found) > MAX_RANGE:
        raise OverflowError(f"a loop has at most {MAX_RANGE} turns in a mail")
    return found


def _short(value: Any) -> Any:
    _require_short(_length(value))
    return value


@pass_eval_context
def _joined(context: nodes.EvalContext, pieces: list[Any]) -> str:
    _require_short(sum(map(_length, pieces)))
    return markup_join(pieces) if context.autoescape else str_join(pieces)


def _checked(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
    subject = 1 if hasattr(original, "jinja_pass_arg") else 0

    @wraps(original)
    def checked(*args: Any, **values: Any) -> Any:
        _check(name, args[subject], [*args[subject + 1 :], *values.values()])
        return _short(original(*args, **values))

    return checked


def _check(name: str, subject: Any, given: list[Any]) -> None:
    """Whether a filter or a method of text may be called so."""
    if name in _WIDENING and any(isinstance(each, int | float) and abs(each) > MAX_RANGE for each in given):
        raise SecurityError(f"{name!r} takes at most {MAX_RANGE} in a mail")
    if name == "replace" and len(given) > 1:
        text, old, new = str(subject), str(given[0]), str(given[1])
        _require_short(len(text) + text.count(old) * len(new))


def _require_short(characters: int) -> None:
    if characters > MAX_CHARACTERS:
        raise OverflowError(f"the mail would be longer than {MAX_CHARACTERS:,} characters")


def _require_narrow_format(pattern: str, wide: re.Pattern[str]) -> None:
    if wide.search(pattern):
        raise SecurityError("this format makes the text too wide")


def _length(value: Any) -> int:
    return len(value) if isinstance(value, str | list | tuple) else 0


def _format(pattern: str, *args: Any, **values: Any) -> str:
    _require_narrow_format(pattern, _WIDE_PERCENT)
    return pattern % (values or args)


def _short_range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise OverflowError(f"range() gives at most {MAX_RANGE} numbers in a mail")
    return numbers
