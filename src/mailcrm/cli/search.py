"""`mailcrm search`: customers and mail by words."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, cell, context_of, plain, print_json, say
from mailcrm.errors import UserError

_PEOPLE = 10
_LOGGED = 10
_COUNTED = 1000
_NOTHING = (
    "nothing found. Words are found whole: a star finds what begins so (invoic*), OR joins two (invoice OR receipt). "
    "See `mailcrm search --help`."
)
_NOBODY = (
    "nobody found. Customers are found by parts of name, number and addresses; without --people mail is searched, too."
)
_INCOMPLETE = "Some mail is not in the index yet: `mailcrm db reindex` puts it there."


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command(context_settings={"ignore_unknown_options": True})(search)  # -word is no option


def search(
    ctx: typer.Context,
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="Words and fields.")],
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Mails, the newest first.")] = 20,
    people: Annotated[bool, typer.Option("--people", help="Only customers.")] = False,
    mail: Annotated[bool, typer.Option("--mail", help="Only mail.")] = False,
    json: Json = False,
) -> None:
    """Find customers, mail, and what was logged: calls, notes, cases.

    invoice acme · "price list" · invoic* · 发票 · invoice OR receipt · -word

    from:zhang to:list@example.com subject:(offer OR 报价) in:inbox (folder, role or account) has:attachment
    filename:报价 is:unread after:2026-01-31 before:7d (days, or ages: 7d 2w 6m 1y)

    发件人: 收件人: 主题: 文件夹: 附件: 之前: 之后: mean the same.
    """
    from mailcrm.model.search import parse_search
    from mailcrm.store.activity_words import find_activities
    from mailcrm.store.people import find_people
    from mailcrm.store.search import find, index

    if people and mail:
        raise UserError("--people or --mail, or none of them for both")
    wanted = parse_search(_joined(query))
    if people and wanted.for_people is None:
        raise UserError("customers are found by words alone; leave out fields, OR and -")
    context = context_of(ctx)
    found: list[Any] = []
    hits: list[Any] = []
    logged: list[Any] = []
    total = 0
    incomplete = False
    with context.app() as crm, crm.store.read(context.viewer) as session:
        viewer, now = context.viewer, crm.clock()
        if wanted.for_people is not None and not mail:
            found = find_people(session, viewer, wanted.for_people, limit=limit if people else _PEOPLE)
        if not people and not mail:
            logged = find_activities(session, viewer, wanted, now, _LOGGED)
        if not people:
            hits = find.find_mail(session, viewer, wanted, now, limit)
            full = len(hits) == limit
            total = find.count_mail(session, viewer, wanted, now, _COUNTED) if full else len(hits)
            incomplete = not hits and bool(index.unindexed(session, 0, 1))
    if json:
        shown = {"people": found, "activities": logged, "mail": [_plain(hit) for hit in hits], "total": total}
        print_json(shown | {"total_is_at_least": total == _COUNTED})
        return
    if not found and not hits and not logged:
        say(_NOBODY if people else _NOTHING)
    _print_people(found)
    _print_logged(logged)
    if incomplete:
        say(_INCOMPLETE)
    _print_mail(hits)
    if len(hits) < total:
        say(f"\n{len(hits)} of {'more than ' * (total == _COUNTED)}{total}; --limit shows more", style="dim")


def _joined(words: Sequence[str]) -> str:
    """As it was typed: the shell has taken the quotes from what it took for one word."""
    if len(words) == 1:
        return words[0]
    return " ".join(_quoted(word) if " " in word and '"' not in word else word for word in words)


def _quoted(word: str) -> str:
    name, colon, rest = word.partition(":")
    return f'{name}:"{rest}"' if colon and " " not in name else f'"{word}"'


def _plain(hit: Any) -> dict[str, Any]:
    from mailcrm.model.hits import plain as text_of

    texts = {"who": hit.who, "subject": hit.subject, "text": hit.text}
    marks = {name: _marks(pieces) for name, pieces in texts.items()}
    return (
        {"id": hit.id, "at": plain(hit.at), "direction": plain(hit.direction), "attachments": hit.attachments}
        | {name: text_of(pieces) for name, pieces in texts.items()}
        | {"marks": {name: found for name, found in marks.items() if found}}
    )


def _marks(pieces: Any) -> list[tuple[int, int]]:
    """Where the hits are in the text, from and to."""
    found, at = [], 0
    for piece in pieces:
        if piece.hit:
            found.append((at, at + len(piece.text)))
        at += len(piece.text)
    return found


def _print_people(lines: Sequence[Any]) -> None:
    from mailcrm.cli.console import escape, out

    for line in lines:
        number = line.number or f"#{line.id}"
        last = f"  [dim]last in {cell(line.last_in_at)}[/dim]" if line.last_in_at else ""
        out.print(
            f"[green]{escape(number)}[/green]  [bold]{escape(line.name)}[/bold]  {escape(line.email)}{last}",
            soft_wrap=True,
        )
    if lines:
        out.print()


def _print_logged(lines: Sequence[Any]) -> None:
    from mailcrm.cli.activities_shown import customers_of
    from mailcrm.cli.console import escape, out

    for line in lines:
        activity = line.activity
        out.print(
            f"[dim]{cell(activity.at)}[/dim]  [cyan]{activity.kind}[/cyan] [bold]{escape(activity.title)}[/bold]  "
            f"{escape(customers_of(line))}  [dim]mailcrm log show {line.id}[/dim]",
            soft_wrap=True,
        )
    if lines:
        out.print()


def _print_mail(hits: Sequence[Any]) -> None:
    from mailcrm.cli.console import out

    for hit in hits:
        attached = f"  [dim]· {hit.attachments} attached[/dim]" if hit.attachments else ""
        subject = _marked(hit.subject) or "[dim](no subject)[/dim]"
        out.print(
            f"[dim]{cell(hit.at)}[/dim]  {_marked(hit.who)}  [bold]{subject}[/bold]  [dim]{hit.id}[/dim]{attached}",
            soft_wrap=True,
        )
        if hit.text:
            out.print(f"    {_marked(hit.text)}", soft_wrap=True)


def _marked(pieces: Any) -> str:
    """The hits in colour; no control character of a mail reaches the terminal."""
    from mailcrm.cli.console import escape
    from mailcrm.model.text import clean_line

    texts = [(escape(_clean(piece.text, clean_line)), piece.hit) for piece in pieces]
    return "".join(f"[black on yellow]{text}[/black on yellow]" if hit else text for text, hit in texts)


def _clean(text: str, clean_line: Any) -> str:
    """Without the ends cut off, which are the spaces between pieces."""
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{' ' * bool(before)}{clean_line(text)}{' ' * bool(after and text.strip())}"
