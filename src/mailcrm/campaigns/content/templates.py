"""Mail templates: read from one file, checked before anybody is mailed, compiled once, rendered per recipient."""

import difflib
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from jinja2 import Template, TemplateSyntaxError, meta, nodes

from mailcrm.campaigns.content.alternative import plain_text, text_template, tidy
from mailcrm.campaigns.content.sandbox import MAX_CHARACTERS, MailEnvironment, limit, make_environment, present
from mailcrm.campaigns.content.source import TemplateSource, parse_template
from mailcrm.errors import TemplateError
from mailcrm.model.text import clean_line

__all__ = [
    "KNOWN_VARIABLES",
    "CompiledTemplate",
    "Rendered",
    "TemplateSource",
    "compile_template",
    "parse_template",
    "render",
    "variables",
]

KNOWN_VARIABLES = frozenset(
    {"name", "given_name", "family_name", "salutation", "language", "number", "email"}
    | {"company", "postal_address", "from_name", "unsubscribe_url", "campaign", "today"}
)
"""What can be known of a recipient. `company` is ours, `number` the customer number, `today` the day of composing."""

_MAX_LOOP_DEPTH = 2
_PIECES = 1_000  # joined between two looks at the length

_BODY_TAG = re.compile(r"<body\b[^<>]*>", re.I)
_LONE_STATEMENTS = re.compile(r"(?m)^[ \t]*((?:\{%(?:(?!%\}).)*%\}[ \t]*)*\{%(?:(?!%\}).)*)%\}[ \t]*\n")
_FORBIDDEN: dict[type[nodes.Node], str] = {
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Macro: "macro",
    nodes.CallBlock: "call",
}


@dataclass(frozen=True, slots=True)
class Rendered:
    """What one recipient gets. `html` is None for a plain-text template."""

    subject: str
    text: str
    html: str | None


@dataclass(frozen=True, slots=True)
class _Part:
    """One compiled piece. `first_line` is None where lines have no meaning in the file (the derived plain text)."""

    name: str
    first_line: int | None
    template: Template


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """Ready to render; safe to use from several threads. `text` is None if it must be made from each rendered HTML."""

    name: str
    subject: _Part
    text: _Part | None
    html: _Part | None
    variables: frozenset[str]


_HTML = make_environment(autoescape=True)
_TEXT = make_environment(autoescape=False)


# --- compiling ---------------------------------------------------------------------------------------------------


def compile_template(source: TemplateSource, *, known: Collection[str] = KNOWN_VARIABLES) -> CompiledTemplate:
    """Checks and compiles every part. Raises TemplateError: syntax, forbidden statements, all unknown variables."""
    subject = _parse(_TEXT, source.subject, source.name, source.subject_line)
    preheader = _parse(_TEXT, source.preheader, source.name, source.preheader_line)
    environment, text = (
        (_HTML, _with_preheader(source)) if source.is_html else (_TEXT, _without_lone_lines(source.body))
    )
    body = _parse(environment, source.body, source.name, source.body_line)
    _require_known(source.name, [subject, preheader, body], known)
    if text != source.body:
        body = _parse(environment, text, source.name, source.body_line)
    return CompiledTemplate(
        source.name,
        subject=_compile(_TEXT, subject),
        text=_derived_text(source, body) if source.is_html else _compile(_TEXT, body),
        html=_compile(_HTML, body) if source.is_html else None,
        variables=frozenset(subject.names | preheader.names | body.names),
    )


def variables(compiled: CompiledTemplate) -> frozenset[str]:
    """The variables a template uses, e.g. to see whether it has an unsubscribe link."""
    return compiled.variables


@dataclass(frozen=True, slots=True)
class _Parsed:
    """A piece that has passed the checks, and the variables it uses."""

    name: str
    first_line: int | None
    tree: nodes.Template
    names: set[str]


def _parse(environment: MailEnvironment, text: str, name: str, first_line: int | None) -> _Parsed:
    start = first_line or 1
    try:
        tree = environment.parse(text)
        names = meta.find_undeclared_variables(tree)  # finds unknown filters and tests, too
    except TemplateSyntaxError as exc:
        raise _syntax_error(exc, name, start) from exc
    for node in tree.find_all(tuple(_FORBIDDEN)):
        word = _FORBIDDEN[type(node)]
        raise TemplateError(f"{name} line {node.lineno + start - 1}: {word!r} cannot be used; a mail is one file")
    for loop in _too_deep(tree):
        line = loop.lineno + start - 1
        raise TemplateError(f"{name} line {line}: loops cannot be recursive or nested deeper than {_MAX_LOOP_DEPTH}")
    limit(tree)
    return _Parsed(name, first_line, tree, names - set(environment.globals))


def _compile(environment: MailEnvironment, parsed: _Parsed) -> _Part:
    code = environment.compile(parsed.tree, parsed.name, parsed.name)
    template = Template.from_code(environment, code, environment.make_globals(None))
    return _Part(parsed.name, parsed.first_line, template)


def _too_deep(node: nodes.Node, depth: int = 0) -> Iterator[nodes.For]:
    for child in node.iter_child_nodes():
        if isinstance(child, nodes.For) and (child.recursive or depth >= _MAX_LOOP_DEPTH):
            yield child
        yield from _too_deep(child, depth + isinstance(child, nodes.For))


def _syntax_error(exc: TemplateSyntaxError, name: str, first_line: int) -> TemplateError:
    message = (exc.message or "cannot be understood").rstrip(".")
    unknown = re.fullmatch(r"No (filter|test) named '(.*)'", message)
    if unknown:
        having = _TEXT.filters if unknown[1] == "filter" else _TEXT.tests
        message = f"unknown {unknown[1]} {unknown[2]!r}{_near(unknown[2], [n for n in having if n[0] != '_'])}"
    return TemplateError(f"{name} line {exc.lineno + first_line - 1}: {message}")


def _require_known(name: str, pieces: Sequence[_Parsed], known: Collection[str]) -> None:
    problems = [problem for piece in pieces for problem in _unknown(piece, known)]
    names = f"known: {', '.join(sorted(known))}"
    if len(problems) == 1:
        raise TemplateError(f"{problems[0]}{'' if problems[0].endswith('?') else ';'} {names}")
    if problems:
        raise TemplateError(f"{name}: {len(problems)} unknown variables; {names}", problems=problems)


def _unknown(piece: _Parsed, known: Collection[str]) -> Iterator[str]:
    """Each unknown variable once, at the first line that has it."""
    unknown = piece.names - set(known)
    lines = {node.name: node.lineno for node in reversed(list(piece.tree.find_all(nodes.Name))) if node.name in unknown}
    for variable, line in sorted(lines.items(), key=lambda item: item[1]):
        place = f"{piece.name} line {line + (piece.first_line or 1) - 1}"
        yield f"unknown variable {variable!r} in {place}{_near(variable, known)}"


def _near(word: str, words: Collection[str]) -> str:
    near = difflib.get_close_matches(word, sorted(words), n=1, cutoff=0.5)
    return f"; did you mean {near[0]!r}?" if near else ""


def _without_lone_lines(text: str) -> str:
    """A line that holds nothing but statements prints nothing. The line break moves into the tag: line numbers stay."""
    return _LONE_STATEMENTS.sub(lambda found: f"{found[1]}\n%}}", text)


def _with_preheader(source: TemplateSource) -> str:
    """The body with the preview line that mail programs show beside the subject, hidden in the mail itself."""
    if not source.preheader:
        return source.body
    hidden = f'<div style="display:none;max-height:0;overflow:hidden">{source.preheader}</div>'
    tag = _BODY_TAG.search(source.body)
    end = tag.end() if tag else 0
    return source.body[:end] + hidden + source.body[end:]


def _derived_text(source: TemplateSource, body: _Parsed) -> _Part | None:
    """The plain-text template; None if the HTML cannot be taken apart before it is rendered (a statement was lost)."""
    try:
        parsed = _parse(_TEXT, text_template(_HTML.lex(source.body)), source.name, None)
    except TemplateError:
        return None
    return _compile(_TEXT, parsed) if parsed.names <= body.names else None


# --- rendering ---------------------------------------------------------------------------------------------------


def render(compiled: CompiledTemplate, values: Mapping[str, str]) -> Rendered:
    """The mail of one recipient. Raises TemplateError with the line: missing value, failing filter, too much output.

    A value that is empty counts as missing, so that no greeting goes out without its name.
    """
    values = present(values)
    subject = clean_line(_render(compiled.subject, values))
    if not subject:
        raise TemplateError(f"{compiled.name}: the subject is empty for this recipient")
    html = None if compiled.html is None else _render(compiled.html, values)
    if compiled.text is not None:
        return Rendered(subject, tidy(_render(compiled.text, values)), html)
    return Rendered(subject, plain_text(html or ""), html)


def _render(part: _Part, values: Mapping[str, str]) -> str:
    text = ""
    try:
        pieces = part.template.generate(values)
        while some := list(islice(pieces, _PIECES)):
            text += "".join(some)
            if len(text) > MAX_CHARACTERS:
                raise OverflowError(f"the mail would be longer than {MAX_CHARACTERS:,} characters")
    except Exception as exc:  # a template is a program of the user's: whatever it raises is a fault of the template
        raise TemplateError(f"{_place(part, exc)}: {str(exc) or type(exc).__name__}") from exc
    return text


def _place(part: _Part, exc: Exception) -> str:
    """File and line, from the traceback, in which the engine has put the template's own lines."""
    line, trace = None, exc.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == part.name:
            line = trace.tb_lineno
        trace = trace.tb_next
    if line is None or part.first_line is None:
        return part.name
    return f"{part.name} line {line + part.first_line - 1}"
