"""`mailcrm people list`: customers sorted, filtered, page by page, in the columns that were asked for."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, context_of, plain, print_json, print_table, say
from mailcrm.errors import UserError
from mailcrm.model.contact import OWN, SHOWN

_USUAL = ("number", "name", "email", "tags", "last_in", "last_out")
_FIXED = (*_USUAL, "state", "kind", "id", "last_contact")
_SHOWN = tuple(field.value for field in SHOWN)


def list_(
    ctx: typer.Context,
    find: Annotated[
        str, typer.Argument(help="Part of a name or address; a customer number, phone number or handle.")
    ] = "",
    segment: Annotated[
        str | None, typer.Option("--filter", "--segment", help="Only who matches, e.g. 'tier = A and tag = vip'.")
    ] = None,
    sort: Annotated[str, typer.Option(help="name, number, created, last_contact, tier, x.budget ...")] = "name",
    desc: Annotated[bool, typer.Option("--desc", help="The greatest or newest first.")] = False,
    after: Annotated[str, typer.Option(help="Go on behind this cursor, which the page before ended with.")] = "",
    columns: Annotated[str, typer.Option(help="What is shown, e.g. number,name,company,x.budget.")] = "",
    all_: Annotated[bool, typer.Option("--all", help="Also candidates: seen in mail, not customers yet.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    json: Json = False,
) -> None:
    """Customers, by name or as --sort says. Who has no value in that field comes last."""
    from mailcrm.model.listing import parse_order
    from mailcrm.model.segment import parse_segment
    from mailcrm.store.people_list import Wanted, list_page, values_of

    context = context_of(ctx)
    wanted = Wanted(parse_segment(segment) if segment else None, find, with_candidates=all_)
    order = parse_order(sort, descending=desc)
    names = _columns(columns) if columns else (*_USUAL, *(("state",) if all_ else ()))
    with context.app() as crm, crm.store.read(context.viewer) as session:
        page = list_page(session, context.viewer, crm.clock(), wanted, order=order, after=after, limit=limit)
        fields = [name for name in names if name not in _FIXED]
        values = values_of(session, context.viewer, [each.line.id for each in page], fields) if fields else {}
    if json:
        print_json([_json(each, values.get(each.line.id, {}), fields) for each in page])
        return
    rows = [[_value(each.line, name, values.get(each.line.id, {})) for name in names] for each in page]
    titles = [name.replace("_", " ") for name in names]
    print_table(titles, rows, empty="nobody; with --all also people who are not customers yet")
    if len(page) == limit:
        say(f"the first {limit}; --limit shows more, --after {page[-1].cursor} the next", style="dim")


def _columns(text: str) -> Sequence[str]:
    names = [name.strip().lower().replace(" ", "_") for name in text.replace("，", ",").split(",") if name.strip()]
    for name in names:
        if name not in (*_FIXED, *_SHOWN) and not name.startswith(OWN):
            there = ", ".join((*_FIXED, *_SHOWN))
            raise UserError(f"there is no column {name!r}; there are: {there}, and fields like {OWN}budget")
    return tuple(dict.fromkeys(names))


def _value(line: Any, name: str, values: Mapping[str, str]) -> Any:
    match name:
        case "number":
            return line.number or f"#{line.id}"
        case "last_in" | "last_out":
            return getattr(line, f"{name}_at")
        case "last_contact":
            return max((at for at in (line.last_in_at, line.last_out_at) if at), default=None)
        case _:
            return getattr(line, name) if name in _FIXED else values.get(name, "")


def _json(each: Any, values: Mapping[str, str], fields: Sequence[str]) -> dict[str, Any]:
    found: dict[str, Any] = plain(each.line)
    return found | {"cursor": each.cursor} | {name: values.get(name, "") for name in fields}
