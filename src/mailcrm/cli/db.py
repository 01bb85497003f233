"""`mailcrm db`: the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, context_of, print_json, say
from mailcrm.clock import utc_now

app = typer.Typer(help="The database: upgrade, check, and the search index.", no_args_is_help=True)


@contextmanager
def _store(ctx: typer.Context) -> Iterator[Any]:
    from mailcrm.service.bootstrap import open_configured_store

    store = open_configured_store(context_of(ctx).config())
    try:
        yield store
    finally:
        store.close()


@app.command()
def upgrade(ctx: typer.Context) -> None:
    """Bring the database to the schema of this version; SQLite is copied first."""
    from mailcrm.store import migrate

    with _store(ctx) as store:
        before = migrate.current_revision(store)
        copy = migrate.upgrade(store, utc_now())
    if copy is not None:
        say(f"copy of the old database: {copy}")
    say(f"the database is at {migrate.HEAD}" + (" already" if before == migrate.HEAD else ""))


@app.command()
def reindex(
    ctx: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Throw the index away first.")] = False,
) -> None:
    """Put mail into the search index that is not there yet, and read attachments that nobody has read. After Ctrl-C it goes
    on where it was. `mailcrm run` does both by itself."""
    from mailcrm.service.documents import read_attachments
    from mailcrm.service.reindex import reindex_mail

    with context_of(ctx).app() as crm:
        count = reindex_mail(crm.store, anew=all_)
        files = read_attachments(crm)
    say(f"{count} mails indexed, {files} attachments read")


@app.command()
def check(ctx: typer.Context, json: Json = False) -> None:
    """Compare the database with what this version expects, and look for damage. Exit code 1 if something is wrong."""
    from mailcrm.store import audit, migrate

    with _store(ctx) as store:
        migrate.require_current(store)
        found = migrate.check(store)
        with store.read() as session:
            found += [f"audit log: entry {seq} was changed or removed" for seq in audit.broken_links(session)]
    if json:
        print_json({"revision": migrate.HEAD, "problems": found})
    else:
        say("\n".join(found) or f"the database is whole, at {migrate.HEAD}")
    if found:
        raise typer.Exit(1)
