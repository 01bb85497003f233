"""How cases, notes and other activities look on a terminal."""

from collections.abc import Sequence
from datetime import datetime

from mailcrm.cli.console import escape, out
from mailcrm.cli.context import cell, human_size, print_table
from mailcrm.model.activity import ActivityDetails, ActivityLine

_SHOWN = 200


def print_cases(lines: Sequence[ActivityLine], now: datetime, *, empty: str) -> None:
    """A table, the first due first; what is late says so."""
    print_table(
        ("case", "kind", "customer", "what", "state", "owner", "due"),
        [
            (
                line.id,
                line.activity.kind,
                customers_of(line),
                line.activity.title,
                line.activity.state,
                line.activity.owner,
                _due(line, now),
            )
            for line in lines
        ],
        empty=empty,
    )


def _due(line: ActivityLine, now: datetime) -> str:
    due = line.activity.due_at
    if due is None:
        return ""
    return f"{cell(due)[:10]}{' (late)' if is_late(line, now) else ''}"


def is_late(line: ActivityLine, now: datetime) -> bool:
    """Whether somebody should have done it."""
    due = line.activity.due_at
    return due is not None and due < now and line.closed_at is None


def customers_of(line: ActivityLine) -> str:
    """All that it was with."""
    return ", ".join(f"{number} {name}" for number, name in line.customers)


def print_notes(lines: Sequence[ActivityLine], *, empty: str) -> None:
    """A table, the newest first."""
    print_table(
        ("note", "at", "by", "customer", "what", ""),
        [
            (line.id, line.activity.at, line.activity.by, customers_of(line), _said(line), _marks(line))
            for line in lines
        ],
        empty=empty,
    )


def _said(line: ActivityLine) -> str:
    more = f"\n{line.activity.body[:_SHOWN]}" if line.activity.body else ""
    return f"{line.activity.title}{more}"


def _marks(line: ActivityLine) -> str:
    return " ".join(
        word for word, shown in (("pinned", line.activity.pinned), ("private", line.activity.private)) if shown
    )


def print_activity(found: ActivityDetails) -> None:
    """One with all that is known of it."""
    line, activity = found.line, found.line.activity
    out.print(f"[bold]{escape(activity.title)}[/bold]  {activity.kind}  [dim]{line.id}[/dim]", soft_wrap=True)
    out.print(f"[dim]{cell(activity.at)} · {escape(activity.by)} · {escape(customers_of(line))}[/dim]", soft_wrap=True)
    told = {
        "state": activity.state, "owner": activity.owner, "due": activity.due_at, "closed": line.closed_at,
        "direction": activity.direction, "channel": activity.channel, "outcome": activity.outcome,
        "minutes": activity.minutes, "rating": activity.rating, "marks": _marks(line), "version": line.row_version,
    }  # fmt: skip
    for name, value in told.items():
        if value not in (None, ""):
            out.print(f"  {name}: {escape(cell(value))}", soft_wrap=True)
    if activity.body:
        out.print(f"\n{escape(activity.body)}\n", soft_wrap=True)
    for file in found.files:
        out.print(f"  file: {escape(file.filename)}  [dim]{file.media_type}, {human_size(file.size)}[/dim]")
    for each in found.changes:
        before, after = escape(each.before) or "(nothing)", escape(each.after) or "(nothing)"
        out.print(f"  [dim]{cell(each.at)} {escape(each.by)}: {each.field} {before} → {after}[/dim]", soft_wrap=True)


def print_above(opened: Sequence[ActivityLine], pinned: Sequence[ActivityLine], now: datetime) -> None:
    """What stands above a timeline: what is open, and what is pinned."""
    for line in opened:
        activity = line.activity
        due = f", due {_due(line, now)}" if activity.due_at else ""
        owner = f", {activity.owner}" if activity.owner else ""
        style = "red" if is_late(line, now) else "yellow"
        out.print(
            f"  [{style}]{activity.kind} {activity.state}{escape(owner)}{due}[/{style}]: {escape(activity.title)} "
            f"[dim]case {line.id}[/dim]",
            soft_wrap=True,
        )
    for line in pinned:
        body = f" — {escape(' '.join(line.activity.body.split())[:_SHOWN])}" if line.activity.body else ""
        out.print(f"  [cyan]pinned[/cyan]: {escape(line.activity.title)}{body} [dim]{line.id}[/dim]", soft_wrap=True)
