"""`mailcrm verify`: proof that nothing is missing, and that reading changes nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, account_names, context_of, print_json, print_table, say, warn
from mailcrm.cli.progress import counted
from mailcrm.errors import MailcrmError, UserError

app = typer.Typer(help="Prove that nothing is missing, and that reading changes nothing.", no_args_is_help=True)

_SHOWN = 60
"""Characters of a set of UIDs; --json has all of it."""


@app.callback()
def _verify() -> None:
    """A group, whatever number of commands it has."""


@app.command()
def mail(
    ctx: typer.Context,
    account: Annotated[list[str] | None, typer.Option(help="Only this account; may be repeated.")] = None,
    flags: Annotated[
        bool, typer.Option("--flags", help="Read each mailbox once, and prove that no flag of a mail changed.")
    ] = False,
    repair: Annotated[
        bool, typer.Option("--repair", help="Let the next pass ask for mails that the archive knows nothing of.")
    ] = False,
    json: Json = False,
) -> None:
    """Compare the mail servers with the archive, mail by mail. The daemon may run.

    Exit code 0: complete (with --flags: unchanged). 1: something is missing (changed), and is named. 2: an account could
    not be checked. Mail that came since the last pass is counted as waiting and is no gap.
    """
    from mailcrm.service.verify import verify_account
    from mailcrm.service.verify_flags import check_flags

    if flags and repair:
        raise UserError("--flags looks for no missing mail, so there is nothing to --repair; give one of them")
    check, goal = (check_flags, "unchanged") if flags else (partial(verify_account, repair=repair), "complete")
    with context_of(ctx).app() as crm:
        results = {name: _one(crm, name, check, quiet=json) for name in account_names(crm, account)}
    good = all(found is not None and getattr(found, goal) for found, _ in results.values())
    proofs = [found for found, _ in results.values() if found is not None]
    if json:
        print_json({goal: good, "accounts": [_account_json(name, *result) for name, result in results.items()]})
    elif flags:
        _show_flags(proofs)
    else:
        _show(proofs, repair=repair)
    errors = [(name, error) for name, (_, error) in results.items() if error]
    for name, error in errors if not json else ():
        warn(f"{name}: could not be checked: {error}")
    if errors or not good:
        raise typer.Exit(2 if errors else 1)


def _one(crm: Any, name: str, check: Any, *, quiet: bool) -> tuple[Any, str | None]:
    """The proof of one account, or why there is none; the others are checked all the same."""
    try:
        with counted(name, "mails", quiet=quiet) as report:
            return check(crm, name, report), None
    except MailcrmError as exc:
        return None, str(exc)


def _account_json(name: str, proof: Any, error: str | None) -> dict[str, Any]:
    """A proof with what follows from its numbers."""
    if proof is None:
        return {"account": name, "error": error}
    words = ("accounted", "expected", "complete", "unchanged")
    derived = {word: getattr(proof, word) for word in words if hasattr(proof, word)}
    folders = [asdict(f) | {word: getattr(f, word) for word in words if hasattr(f, word)} for f in proof.folders]
    return asdict(proof) | derived | {"error": None, "folders": folders}


# --- is it all there ---------------------------------------------------------------------------------------------


def _show(proofs: Sequence[Any], *, repair: bool) -> None:
    columns = ("account", "folder", "accounted for", "in the archive", "left out", "waiting", "last complete", "")
    rows = [(proof.account, *_row(folder)) for proof in proofs for folder in proof.folders]
    if rows:
        print_table(columns, rows, empty="")
    for proof in proofs:
        for folder in proof.folders:
            for line in _gaps(folder):
                warn(f"{proof.account}/{folder.folder}: {line}")
        for line in _notes(proof):
            say(line)
    if proofs:
        _conclude(proofs)
    if any(folder.unknown for proof in proofs for folder in proof.folders):
        done = "the next pass asks for the unknown mails: mailcrm sync --once, or the daemon by itself"
        say(done if repair else "to have the unknown mails asked for by the next pass: mailcrm verify mail --repair")


def _row(folder: Any) -> tuple[Any, ...]:
    if not folder.counts:
        held = f"{folder.gone:,} kept" if folder.gone else f"not read ({folder.server:,})"
        return folder.folder, "", held, "", "", folder.last_ok_at, folder.why
    known = f"{folder.accounted:,} of {folder.expected:,}"
    state = "complete" if folder.complete else folder.standing
    said = state if folder.complete or state != "read" else "gaps"
    return (
        folder.folder, known, f"{folder.archived:,}", f"{folder.left_out:,}", f"{folder.waiting:,}", folder.last_ok_at,
        said,
    )  # fmt: skip


def _gaps(folder: Any) -> Iterator[str]:
    """What is missing, in words, with the UIDs."""
    if folder.standing == "refused":
        yield f"could not be opened: {folder.why}"
    if folder.unknown:
        yield f"{_mails(folder.unknown)} unknown to the archive: UID {_uids(folder, 'unknown')}"
        for each in folder.glimpses:
            date = f"{each.date:%Y-%m-%d %H:%M}" if each.date else "no date"
            yield f"  UID {each.uid}: {each.note or '  '.join(filter(None, (date, each.sender, each.subject)))}"
    if folder.unlisted:
        yield f"{_mails(folder.unlisted)} counted by the server, but it names no UID for them"
    if folder.to_read:
        yield f"{_mails(folder.to_read)} not read yet{_first_reading(folder)}: UID {_uids(folder, 'to_read')}"
    if folder.pending:
        yield f"the bodies of {_mails(folder.pending)} are still to come: UID {_uids(folder, 'pending')}"
    if folder.quarantined:
        yield f"{_mails(folder.quarantined)} could not be read: UID {_uids(folder, 'quarantined')}"
        for uid, reason in folder.reasons.items():
            yield f"  UID {uid}: {reason}"


def _first_reading(folder: Any) -> str:
    if folder.standing == "renumbered":
        return f" by the server's new UIDs ({folder.why}); the next pass reads their headers anew and knows them again"
    if folder.standing == "never read":
        return ", no pass has seen the folder so far"
    return ", since the first reading has not come to its end"


def _notes(proof: Any) -> Iterator[str]:
    """What is no gap, but good to know."""
    waiting = sum(folder.waiting for folder in proof.folders)
    if waiting:
        yield f"{proof.account}: {_mails(waiting)} came since the last pass; `mailcrm sync --once` or the daemon reads them"
    gone = sum(folder.gone for folder in proof.folders)
    if gone:
        yield f"{proof.account}: {_mails(gone)} no longer on the server, kept in the archive"
    if proof.unopened.on_server:
        yield (
            f"{proof.account}: {_counted(proof.unopened.on_server, 'attachment')} still on the server, fetched when opened "
            "(`mailcrm mail open`)"
        )
    if proof.unopened.gone:
        yield (
            f"{proof.account}: {_counted(proof.unopened.gone, 'attachment')} never opened, and gone from the server with "
            "the mail"
        )
    unsaved = proof.unsaved
    if not unsaved.domains:
        yield f"{proof.account}: company.domains is empty, so mail of ours that is missing from Sent cannot be counted"
    if unsaved.mails:
        yield (
            f"{proof.account}: {_mails(unsaved.mails)} of ours in no folder that is read, named by other mail of "
            f"{_counted(unsaved.conversations, 'conversation')}. Counted by what stands behind the @ of the Message-ID "
            f"({', '.join(unsaved.domains)}); mail whose program writes another name there is not. Likely causes:"
        )
        yield from (f"  - {cause}" for cause in unsaved.causes)


def _conclude(proofs: Sequence[Any]) -> None:
    accounted, expected = sum(proof.accounted for proof in proofs), sum(proof.expected for proof in proofs)
    archived = sum(folder.archived for proof in proofs for folder in proof.folders)
    parts = f"{archived:,} in the archive, {accounted - archived:,} left out by your rules"
    if all(proof.complete for proof in proofs):
        say(
            f"{accounted:,} of {expected:,}: every mail that the servers held at the last pass is accounted for ({parts})"
        )
    else:
        warn(f"{accounted:,} of {expected:,} mails are accounted for ({parts}); the gaps are named above")


def _uids(folder: Any, name: str) -> str:
    text = folder.uids[name]
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN].rpartition(',')[0] or text[:_SHOWN]}, ..."


def _mails(count: int) -> str:
    return _counted(count, "mail")


def _counted(count: int, word: str) -> str:
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"


# --- does reading change anything --------------------------------------------------------------------------------


def _show_flags(proofs: Sequence[Any]) -> None:
    columns = ("account", "folder", "mails", "changed", "\\Seen", "\\Recent", "came meanwhile", "")
    rows = [
        (proof.account, f.folder, f"{f.mails:,}", f.changed, f.seen, f.recent, f.arrived, _verdict(f))
        for proof in proofs
        for f in proof.folders
    ]
    if rows:
        print_table(columns, rows, empty="")
    for proof in proofs:
        for folder in proof.folders:
            for line in _differences(folder):
                warn(f"{proof.account}/{folder.folder}: changed during the check: {line}")
    if not proofs:
        return
    mails = sum(folder.mails for proof in proofs for folder in proof.folders)
    if all(proof.unchanged for proof in proofs):
        say(f"a pass of {_readers(proofs)} changed no flag of {_mails(mails)}")
    else:
        warn("Another client may have done this. Repeat the check while nobody uses the mailbox to be certain.")


def _readers(proofs: Sequence[Any]) -> str:
    return " and of ".join(sorted({proof.reader.value for proof in proofs}))


def _verdict(folder: Any) -> str:
    if folder.why:
        return str(folder.why)
    return "unchanged" if folder.unchanged else "changed during the check"


def _differences(folder: Any) -> Iterator[str]:
    if folder.why:
        yield folder.why
    if folder.removed:
        yield f"UID {folder.removed} removed"
    for change in folder.changes:
        words = [*(f"+{flag}" for flag in change.gained), *(f"-{flag}" for flag in change.lost)]
        yield f"UID {change.uid} {' '.join(words)}"
    if folder.changed > len(folder.changes):
        yield f"and {folder.changed - len(folder.changes):,} more mails"
    if folder.moved and not (folder.changed or folder.removed):
        yield f"HIGHESTMODSEQ went from {folder.modseq[0]} to {folder.modseq[1]}, and no flag is different"
