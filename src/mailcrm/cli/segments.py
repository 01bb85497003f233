"""`mailcrm segments`: stored expressions over customers."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.model import segment as language

app = typer.Typer(help="Segments: stored expressions over customers.", no_args_is_help=True)

_LINES = (language.__doc__ or "").strip().splitlines()
_HELP = "An expression such as: tag = vip and last_in before 90d. See `mailcrm segments help`."
_EMPTY = "no segments yet; `mailcrm segments save silent 'last_in before 90d'` makes one"


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All stored segments with how many customers are in each today."""
    from mailcrm.store import segments

    with context_of(ctx).app() as crm, crm.store.read() as session:
        rows = [
            (s.name, segments.count_segment(session, s.segment, crm.clock()), s.segment.text, s.version, s.updated_at)
            for s in segments.list_segments(session)
        ]
    columns = ("name", "customers", "expression", "version", "changed")
    if json:
        print_json([dict(zip(columns, row, strict=True)) for row in rows])
        return
    print_table(columns, rows, empty=_EMPTY)


@app.command()
def save(
    ctx: typer.Context,
    name: str,
    expression: Annotated[str, typer.Argument(help=_HELP)],
    replace: Annotated[bool, typer.Option(help="Change an existing segment.")] = False,
) -> None:
    """Keep an expression under a name."""
    from mailcrm.store import audit, segments

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        stored = segments.save_segment(session, name, expression, crm.clock(), replace=replace)
        count = segments.count_segment(session, stored.segment, crm.clock())
        audit.append_audit(session, "segment.save", f"segment:{name}", crm.clock(), version=stored.version)
    say(f"segment {name!r} (version {stored.version}): {count} customers today")


@app.command()
def show(
    ctx: typer.Context,
    expression: Annotated[str, typer.Argument(help=f"The name of a segment, or: {_HELP}")],
    limit: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    json: Json = False,
) -> None:
    """Who is in a segment, stored or not."""
    from mailcrm.store import people, segments

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        names = {s.name: s.segment for s in segments.list_segments(session)}
        found = names.get(expression) or language.parse_segment(expression)
        count = segments.count_segment(session, found, crm.clock())
        rows = people.list_people(session, context.viewer, crm.clock(), segment=found, limit=limit)
    if json:
        print_json({"expression": found.text, "customers": count, "shown": rows})
        return
    say(f"{found.text}: {count} customers", style="bold")
    print_table(
        ("number", "name", "email", "tags", "last in", "last out"),
        [(r.number, r.name, r.email, r.tags, r.last_in_at, r.last_out_at) for r in rows],
        empty="nobody",
    )


@app.command()
def delete(ctx: typer.Context, name: str) -> None:
    """Forget a segment; campaigns keep the expression they were made with."""
    from mailcrm.store import audit, segments

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        segments.delete_segment(session, name)
        audit.append_audit(session, "segment.delete", f"segment:{name}", crm.clock())
    say(f"segment {name!r} is gone")


@app.command("help")
def help_() -> None:
    """The segment language on one screen."""
    say("\n".join(_LINES))
    say("\nfields and their comparisons:", style="bold")
    print_table(("field", "comparisons"), [(n, "  ".join(sorted(o))) for n, o in language.FIELDS.items()], empty="")
