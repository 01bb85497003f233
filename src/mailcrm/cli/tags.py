"""`mailcrm tags`: words to sort customers by."""

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say

app = typer.Typer(help="Tags: words to sort customers by.", no_args_is_help=True)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All tags with the number of customers that have them."""
    from mailcrm.store import tags

    with context_of(ctx).app() as crm, crm.store.read() as session:
        rows = tags.count_tags(session)
    if json:
        print_json([{"tag": name, "customers": count} for name, count in rows])
        return
    print_table(("tag", "customers"), rows, empty="no tags yet; `mailcrm tags add vip C000017Z` makes one")


@app.command()
def add(ctx: typer.Context, tag: str, customers: list[str]) -> None:
    """Tag customers, named by number or address."""
    from mailcrm.store import parties, tags

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        ids = [parties.get_party(session, text) for text in customers]
        changed = sum(tags.add_tag(session, party_id, tag, crm.clock()) for party_id in ids)
    say(f"{changed} of {len(ids)} newly tagged {tag!r}")


@app.command()
def remove(ctx: typer.Context, tag: str, customers: list[str]) -> None:
    """Take a tag off customers."""
    from mailcrm.store import parties, tags

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        ids = [parties.get_party(session, text) for text in customers]
        changed = sum(tags.remove_tag(session, party_id, tag) for party_id in ids)
    say(f"{changed} of {len(ids)} lost the tag {tag!r}")
