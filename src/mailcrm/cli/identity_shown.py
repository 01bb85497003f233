"""How pairs, evidence and merges look on a terminal."""

from collections.abc import Sequence
from itertools import zip_longest
from typing import TYPE_CHECKING

from rich.table import Table

from mailcrm.cli.console import escape, out
from mailcrm.cli.context import cell, print_table, warn
from mailcrm.model.identity import Judgement, MatchState, MergeLine, ReviewLine, Side

if TYPE_CHECKING:
    from mailcrm.service.merging import Explanation, Membership
    from mailcrm.service.rejudging import Rebuilt

_SHOWN = 30
"""Lines of a proposal; --json has all."""


def print_explanation(found: "Explanation") -> None:
    """Two parties, side by side, and what speaks for and against their being one."""
    print_sides(found.left, found.right)
    print_judgement(found.judgement)
    out.print(_standing(found), soft_wrap=True)
    _print_merges(found.merges)


def _standing(found: "Explanation") -> str:
    if found.one:
        return "[bold]one customer[/bold]"
    if found.verdict == MatchState.REJECTED:
        return "[bold]two customers[/bold]: a human said so"
    if found.judgement.veto:
        return f"[bold]two customers[/bold]: {escape(found.judgement.veto)}"
    needed = f"joined without asking from {found.auto_bits:g} bits on, by more than one kind of evidence"
    why = f"; not joined: {escape(found.judgement.refused)}" if found.judgement.refused else ""
    return f"[bold]two customers[/bold]: {needed}; asked about from 0 on{why}"


def print_sides(left: Side, right: Side) -> None:
    """What is known of both, line by line."""
    table = Table(box=None, pad_edge=False, show_header=False)
    for style in ("dim", "", ""):
        table.add_column(style=style, overflow="fold")
    for label, one, other in (
        ("", [_called(left)], [_called(right)]),
        ("addresses", left.addresses, right.addresses),
        ("seen as", left.names, right.names),
        ("phones", left.phones, right.phones),
        ("companies", left.companies, right.companies),
        ("mails", [_mails(left)], [_mails(right)]),
    ):
        for at, (mine, theirs) in enumerate(zip_longest(one, other, fillvalue="")):
            table.add_row(label if at == 0 else "", escape(mine), escape(theirs))
    out.print(table)


def _called(side: Side) -> str:
    merged = "" if side.root_id == side.party_id else f" (merged into #{side.root_id})"
    return f"{side.number or f'#{side.party_id}'} {side.name}{merged}"


def _mails(side: Side) -> str:
    return f"{side.mails}, last {cell(side.last_at)[:10]}" if side.last_at else str(side.mails)


def print_judgement(judgement: Judgement) -> None:
    """Each piece of evidence with its bits, and their sum."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right")
    table.add_column(overflow="fold")
    table.add_column(style="dim", overflow="fold")
    for line in judgement.lines:
        both = line.left if line.left == line.right else f"{line.left} · {line.right}"
        table.add_row(f"{line.bits:+.2f}", escape(line.what), escape(both))
    table.add_row(f"[bold]{judgement.bits:+.2f}[/bold]", "[bold]bits in all[/bold]", "")
    out.print(table)


def print_review(lines: Sequence[ReviewLine], waiting: int) -> None:
    """The list of pairs."""
    print_table(
        ("pair", "bits", "one", "other", "why"),
        [
            (line.id, f"{line.judgement.bits:+.1f}", _short(line.left), _short(line.right), _why(line.judgement))
            for line in lines
        ],
        empty="nobody to ask about; --all also shows pairs of which neither is a customer yet",
    )
    if lines:
        wait = "1 pair waits" if waiting == 1 else f"{waiting} pairs wait"
        how = "`mailcrm identity review NUMBER` compares, then --same, --different, --later; --ask goes through them"
        out.print(f"[dim]{wait} in all; {how}[/dim]", soft_wrap=True)


def _short(side: Side) -> str:
    address = side.addresses[0] if side.addresses else ""
    return f"{side.number or f'#{side.party_id}'} {side.name} {address if address != side.name else ''}".rstrip()


def _why(judgement: Judgement) -> str:
    said = [line.what for line in sorted(judgement.lines, key=lambda line: -line.bits) if line.bits > 0]
    return ", ".join([*said[:3], *([f"but: {judgement.refused}"] if judgement.refused else [])])


def print_pair(line: ReviewLine) -> None:
    """One pair to compare."""
    out.rule(f"pair {line.id}", align="left")
    print_sides(line.left, line.right)
    print_judgement(line.judgement)
    if line.judgement.refused:
        out.print(f"[yellow]not joined without asking: {escape(line.judgement.refused)}[/yellow]", soft_wrap=True)
    if line.state not in (MatchState.OPEN, MatchState.LATER):
        out.print(f"answered: {line.state}")


def print_membership(found: "Membership") -> None:
    """What a customer is made of."""
    print_table(
        ("number", "id", "name", "addresses", "mails"),
        [(s.number, f"#{s.party_id}", s.name, ", ".join(s.addresses), _mails(s)) for s in found.members],
        empty="nothing",
    )
    _print_merges(found.merges)


def _print_merges(lines: Sequence[MergeLine]) -> None:
    for line in lines:
        bits = f", {line.judgement.bits:+.1f} bits" if line.judgement else ""
        undone = f"; [red]undone {cell(line.undone_at)} by {escape(line.undone_by)}[/red]" if line.undone_at else ""
        out.print(
            f"merge {line.id}: #{line.party_lo} and #{line.party_hi}, {line.method} by {escape(line.by)} "
            f"{cell(line.at)}{bits}{undone}",
            soft_wrap=True,
        )


def print_rebuilt(found: "Rebuilt") -> None:
    """A proposal, or what was done."""
    rows = [("join", _short(one), _short(other), f"{judged.bits:+.1f}") for one, other, judged in found.joins]
    rows += [("take apart", _short(one), _short(other), f"merge {line.id}") for one, other, line in found.splits]
    print_table(("", "one", "other", ""), rows[:_SHOWN], empty="nothing to join, nothing to take apart")
    if len(rows) > _SHOWN:
        out.print(f"[dim]{len(rows) - _SHOWN} more; --json shows all[/dim]")
    done = (
        f"{found.joined} joined, {found.undone} taken apart"
        if found.done
        else f"{len(found.joins)} to join, {len(found.splits)} to take apart; nothing was changed (--apply does it)"
    )
    out.print(
        f"{found.parties} parties, {found.compared} pairs compared: {done}; {found.asked} pairs to ask about; joined without "
        f"asking from {found.auto_bits:g} bits on",
        soft_wrap=True,
    )
    warn_of_capped("parties", found.capped)


_CAPPED = 5
"""Keys that too many share; --json has all of them."""


def warn_of_capped(what: str, capped: Sequence[tuple[str, int]]) -> None:
    """Keys by which not all were compared, where that may have missed something."""
    from mailcrm.identity.keys import WEAK

    telling = [(key, size) for key, size in capped if key.partition(" ")[0] not in WEAK]
    if telling:
        shown = ", ".join(f"{key} ({size})" for key, size in telling[:_CAPPED])
        warn(f"too many {what} share {len(telling)} keys to be compared by them alone: {shown}")
