"""`mailcrm import people`: sheets, cards and JSON of customers, looked at before and taken back after."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli.ask import require_yes
from mailcrm.cli.context import Json, Yes, context_of, print_json, print_table, say, told_to_wait, warn
from mailcrm.cli.progress import counted
from mailcrm.errors import UserError

_SHOWN = 20

File = Annotated[Path, typer.Argument(help="CSV, XLSX, XLS, ODS, vCard or JSON.")]
Map = Annotated[list[str] | None, typer.Option("--map", help="'Column=field' where the guess is wrong. Repeat it.")]
MappingFile = Annotated[Path | None, typer.Option("--mapping", help="A mapping that `import columns --save` wrote.")]
Sheet = Annotated[str, typer.Option(help="Which sheet of a workbook.")]
Encoding = Annotated[str, typer.Option(help="Of a text file, where it is guessed wrong, e.g. gb18030.")]
Delimiter = Annotated[str, typer.Option(help="Between the cells of a text file, where it is guessed wrong.")]
Region = Annotated[str, typer.Option(help="The country of phone numbers without a country code, e.g. CN.")]
Currency = Annotated[str, typer.Option(help="Of amounts without one, e.g. CNY.")]


def add_to(app: typer.Typer) -> None:
    """The commands."""
    app.command("people")(people)
    app.command("columns")(columns)
    app.command("list")(list_)
    app.command("show")(show)
    app.command("undo")(undo)


def people(
    ctx: typer.Context,
    path: File,
    map_: Map = None,
    mapping: MappingFile = None,
    sheet: Sheet = "",
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    region: Region = "",
    currency: Currency = "",
    leads: Annotated[bool, typer.Option("--leads", help="New ones are candidates without a number.")] = False,
    preview: Annotated[bool, typer.Option("--preview", help="Only say what it would do.")] = False,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Import customers, with their orders and notes. Says first what it would do; `mailcrm import undo` takes it back.

    Columns are guessed in English and Chinese; exports of HubSpot, Salesforce, Zoho CRM, 纷享销客 and 小满 are known. What is
    not in the file is not touched, what a human entered is not overwritten, and a no to mail never becomes a yes.
    """
    from mailcrm.model.party import PartyState
    from mailcrm.service.import_requests import ask_import
    from mailcrm.service.people_import import preview_people

    how = _how(map_, mapping, sheet, encoding, delimiter, region, currency)
    context = context_of(ctx)
    with context.app() as crm:
        file = _opened(crm, path, how)
        with _counting("looking", quiet=json) as progress:
            seen = preview_people(crm, file.named, file.rows(), progress)
        total = seen.outcomes.total()
        if preview or not json:
            _show_preview(file, seen, json=json)
        if preview:
            return
        if seen.former and not json:
            warn(f"this very file was imported before, as import {seen.former.id}")
        if not json:
            require_yes(f"Import {total} rows?", yes=yes)
        state = PartyState.CANDIDATE if leads else PartyState.ACTIVE
        with _counting("importing", total, quiet=json) as progress:
            outcome = ask_import(crm, context.actor, path, how, state, total, progress)
    if outcome.carried is None:
        told_to_wait(outcome.asked, json=json)
        return
    print_json(outcome.carried.value) if json else say(outcome.carried.text)


def columns(
    ctx: typer.Context,
    path: File,
    map_: Map = None,
    mapping: MappingFile = None,
    sheet: Sheet = "",
    encoding: Encoding = "",
    delimiter: Delimiter = "",
    save: Annotated[
        Path | None, typer.Option(help="Write the mapping there (TOML), to change it and use it again.")
    ] = None,
    json: Json = False,
) -> None:
    """Which column of a file is taken for what, and why."""
    how = _how(map_, mapping, sheet, encoding, delimiter, "", "")
    context = context_of(ctx)
    with context.app() as crm:
        file = _opened(crm, path, how)
    if save is not None:
        try:
            save.write_text(file.named.mapping, encoding="utf-8")
        except OSError as exc:
            raise UserError(f"{save} cannot be written: {exc.strerror}") from exc
    if json:
        print_json({"guesses": file.guesses, "ignored": file.ignored, "program": file.program, "sheets": file.sheets})
        return
    if file.program:
        say(f"written by {file.program}", style="dim")
    print_table(
        ("column", "field", "sure", "why"),
        [(g.column, str(g.target), f"{g.confidence:.0%}", g.why) for g in file.guesses],
        empty="this format names its fields itself",
    )
    if file.ignored:
        say(f"not taken over: {', '.join(file.ignored)}; --map 'Column=x.key' keeps one in a field of your own")


def list_(ctx: typer.Context, json: Json = False) -> None:
    """All imports of customers, the newest first."""
    from mailcrm.store.imports import batches

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = batches.list_batches(session)
    if json:
        print_json(found)
        return
    rows = [
        (b.id, b.file_name, b.state, b.started_at, b.by, b.new, b.changed, b.same, b.errors, b.conflicts) for b in found
    ]
    print_table(
        ("import", "file", "state", "when", "by", "new", "changed", "same", "errors", "conflicts"), rows,
        empty="nothing was imported yet; mailcrm import people FILE",
    )  # fmt: skip


def show(ctx: typer.Context, number: Annotated[int, typer.Argument(help="Its number.")], json: Json = False) -> None:
    """Rows of an import with something to say: cells that could not be read, what an undo could not restore."""
    from mailcrm.store.imports import batches

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        batch = batches.get_batch(session, number)
        noted = batches.noted_rows(session, number)
    if json:
        print_json({"import": batch, "rows": [{"row": r, "outcome": o, "note": n} for r, o, n in noted]})
        return
    say(
        f"import {batch.id} of {batch.file_name}, {batch.state}: {batch.new} new, {batch.changed} changed, "
        f"{batch.same} as before, {batch.errors} errors"
    )
    print_table(("row", "was", "note"), noted, empty="every cell could be read")


def undo(
    ctx: typer.Context, number: Annotated[int, typer.Argument(help="Its number.")], yes: Yes = False, json: Json = False
) -> None:
    """Take an import back: who it made is archived, what it overwrote is restored. What was changed since stays."""
    from mailcrm.service.import_requests import ask_undo
    from mailcrm.store.imports import batches

    context = context_of(ctx)
    with context.app() as crm:
        with crm.store.read(context.viewer) as session:
            batch = batches.get_batch(session, number)
        if not json:
            require_yes(f"Take back import {number} of {batch.file_name} ({batch.rows} rows)?", yes=yes)
        with _counting("taking back", batch.rows, quiet=json) as progress:
            outcome = ask_undo(crm, context.actor, number, progress)
    if outcome.carried is None:
        told_to_wait(outcome.asked, json=json)
        return
    print_json(outcome.carried.value) if json else say(outcome.carried.text)
    if not json:
        for each in outcome.carried.value["conflicts"][:_SHOWN]:
            warn(f"row {each['row']}: {each['note']}")


# --- parts -------------------------------------------------------------------------------------------------------


def _how(
    rules: list[str] | None, mapping: Path | None, sheet: str, encoding: str, delimiter: str, region: str, currency: str
) -> Any:
    from mailcrm.service.people_files import How

    try:
        kept = mapping.read_text(encoding="utf-8") if mapping else ""
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"{mapping} cannot be read: {exc}") from exc
    return How(kept, tuple(rules or ()), sheet, encoding, delimiter, region, currency)


def _opened(crm: Any, path: Path, how: Any) -> Any:
    from mailcrm.service.people_files import open_people
    from mailcrm.store import own_fields

    with crm.store.read() as session:
        own = own_fields.own_fields(session, archived=False)
    return open_people(path, how, own, crm.clock())


@contextmanager
def _counting(what: str, total: int = 0, *, quiet: bool) -> Iterator[Callable[[int], None]]:
    """A progress bar that is told how many more rows were dealt with."""
    done = 0
    with counted("", "rows", quiet=quiet) as report:

        def more(rows: int) -> None:
            nonlocal done
            done += rows
            report(what, done, total)

        yield more


def _show_preview(file: Any, seen: Any, *, json: bool) -> None:
    from mailcrm.model.importing import RowOutcome

    if json:
        print_json({
            "rows": {outcome.value: seen.outcomes[outcome] for outcome in RowOutcome}, "problems": seen.problem_count,
            "opt_outs": seen.opt_outs, "first_problems": [{"row": r, "problem": p} for r, p in seen.problems[:100]],
            "doubles": [{"row": r, "name": n, "known": d.line, "bits": d.bits, "why": d.why} for r, n, d in seen.doubles],
            "former_import": seen.former.id if seen.former else None, "ignored_columns": list(file.ignored),
        })  # fmt: skip
        return
    if file.guesses:
        taken = [(g.column, str(g.target)) for g in file.guesses if g.column not in set(file.ignored)]
        say(
            f"{'from ' + file.program + ': ' if file.program else ''}{', '.join(f'{c} → {t}' for c, t in taken)}",
            style="dim",
        )
    if file.ignored:
        say(f"not taken over: {', '.join(file.ignored)}")
    counts = ", ".join(f"{seen.outcomes[outcome]} {outcome.value}" for outcome in RowOutcome)
    say(f"{seen.outcomes.total()} rows: {counts}; {seen.opt_outs} say something of mail they want or do not")
    for row, text in seen.problems[:_SHOWN]:
        warn(f"row {row}: {text}")
    if seen.problem_count > _SHOWN:
        warn(f"and {seen.problem_count - _SHOWN} more; `mailcrm import show` lists them after the import")
    if seen.doubles:
        say(f"{len(seen.doubles)} of the first {seen.compared} new rows may be known already:")
        for row, name, double in seen.doubles[:_SHOWN]:
            who = f"{double.line.number or f'#{double.line.id}'} {double.line.name} {double.line.email}"
            say(f"  row {row} {name}: {who} ({double.bits:+.1f} bits: {double.why})")
