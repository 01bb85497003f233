"""`mailcrm users`: the colleagues who work with the archive."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say

app = typer.Typer(
    help="The colleagues who work with the archive; `mailcrm --as NAME` acts as one.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="A short name: a-z, digits, '.', '_' and '-'.")]


@app.command()
def add(
    ctx: typer.Context,
    name: Name,
    display_name: Annotated[str, typer.Option("--name", help="As people call them.")] = "",
    email: Annotated[str, typer.Option(help="Their address.")] = "",
    role: Annotated[str, typer.Option(help="What they do, in your words.")] = "",
) -> None:
    """A new user, or one who was deactivated and comes back."""
    from mailcrm.store import users

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        user = users.add_user(session, name, crm.clock(), display_name=display_name, email=email, role=role)
    say(f"user {user.name}; they act by `mailcrm --as {user.name} ...`")


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All users, those who were deactivated, too."""
    from mailcrm.store import users

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = users.list_users(session)
    if json:
        print_json(found)
        return
    rows = [(u.name, u.display_name, u.email, u.role, "" if u.active else "deactivated", u.created_at) for u in found]
    print_table(
        ("user", "name", "email", "role", "", "since"), rows, empty="no users yet; `mailcrm users add ann` makes one"
    )


@app.command()
def deactivate(ctx: typer.Context, name: Name) -> None:
    """Nobody acts as this user any more. What they did stays theirs."""
    from mailcrm.store import users

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        changed = users.deactivate_user(session, name, crm.clock())
    say(f"user {name} is deactivated{'' if changed else ' already'}")
