"""`mailcrm tags`: words to sort customers by, alone or in categories."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say

app = typer.Typer(help="Tags: words to sort customers by, e.g. vip or interest:tea.", no_args_is_help=True)

Tag = Annotated[str, typer.Argument(help="A tag: vip, or with its category interest:tea.")]
Customers = Annotated[list[str], typer.Argument(help="Numbers, e-mail addresses or ids.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    category: Annotated[str | None, typer.Option(help="Only tags of this category.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also those that were archived.")] = False,
    json: Json = False,
) -> None:
    """Tags with the number of customers that have them, by category."""
    from mailcrm.store import tag_categories, tags

    with context_of(ctx).app() as crm, crm.store.read() as session:
        wanted = tag_categories.require_category(session, category) if category else None
        lines = tags.list_tags(session, wanted, archived=all_)
    if json:
        print_json(lines)
        return
    rows = [(str(line), line.customers, "archived" if line.archived else "") for line in lines]
    print_table(("tag", "customers", ""), rows, empty="no tags yet; `mailcrm tags add vip C000017Z` makes one")


@app.command()
def add(ctx: typer.Context, tag: Tag, customers: Customers) -> None:
    """Tag customers. In an exclusive category the tag takes the place of the former one."""
    from mailcrm.store import parties, tags

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        ids = [parties.get_party(session, text) for text in customers]
        changed = sum(tags.add_tag(session, party_id, tag, crm.clock()) for party_id in ids)
    say(f"{changed} of {len(ids)} newly tagged {tag!r}")


@app.command()
def remove(ctx: typer.Context, tag: Tag, customers: Customers) -> None:
    """Take a tag off customers."""
    from mailcrm.store import parties, tags

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        ids = [parties.get_party(session, text) for text in customers]
        changed = sum(tags.remove_tag(session, party_id, tag) for party_id in ids)
    say(f"{changed} of {len(ids)} lost the tag {tag!r}")


@app.command()
def rename(ctx: typer.Context, tag: Tag, new: Tag) -> None:
    """Give a tag another name, or another category. The former name goes on to mean it, in segments and imports too."""
    from mailcrm.store import tag_categories

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        tag_categories.rename_tag(session, tag, new, crm.clock())
    say(f"{tag!r} is {new!r} now")


@app.command()
def merge(ctx: typer.Context, tag: Tag, into: Tag) -> None:
    """Make one tag of two: whoever has the first has the second instead. This is not undone."""
    from mailcrm.store import tag_categories

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        moved = tag_categories.merge_tags(session, tag, into, crm.clock())
    say(f"{tag!r} means {into!r} now; {moved} newly tagged so")


@app.command()
def archive(ctx: typer.Context, tag: Tag) -> None:
    """Take a tag out of use: who has it keeps it, nobody gets it any more."""
    _archive(ctx, tag, archived=True)


@app.command()
def restore(ctx: typer.Context, tag: Tag) -> None:
    """Take an archived tag into use again."""
    _archive(ctx, tag, archived=False)


def _archive(ctx: typer.Context, tag: str, *, archived: bool) -> None:
    from mailcrm.store import tag_categories

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        changed = tag_categories.archive_tag(session, tag, crm.clock(), archived=archived)
    say(f"{tag!r} is {'archived' if archived else 'in use'}{'' if changed else ' already'}")


@app.command()
def categories(ctx: typer.Context, json: Json = False) -> None:
    """All categories with their rules."""
    from mailcrm.store import tag_categories

    with context_of(ctx).app() as crm, crm.store.read() as session:
        lines = tag_categories.list_categories(session)
    if json:
        print_json(lines)
        return
    rows = [(x.name, "one each" if x.exclusive else "several", x.colour, x.description, x.tags) for x in lines]
    columns = ("category", "a customer has", "colour", "description", "tags")
    print_table(columns, rows, empty="no categories yet; `mailcrm tags category interest` makes one")


@app.command()
def category(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(help="The category.")],
    exclusive: Annotated[
        bool | None, typer.Option("--exclusive/--multi", help="A customer has one of its tags, or several.")
    ] = None,
    colour: Annotated[str | None, typer.Option(help="#2e7d32, or a name such as green.")] = None,
    description: Annotated[str | None, typer.Option(help="What it is for.")] = None,
) -> None:
    """Make a category, or change its rules."""
    from mailcrm.store import tag_categories

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        tag_categories.set_category(
            session, name, crm.clock(), exclusive=exclusive, colour=colour, description=description
        )
    say(f"category {name!r} is kept")
