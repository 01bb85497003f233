"""How one customer looks on a terminal."""

from collections.abc import Sequence
from datetime import datetime

from mailcrm.cli.console import escape, out
from mailcrm.cli.context import cell
from mailcrm.cli.reading import span
from mailcrm.model.activity import ACTIVITIES
from mailcrm.model.archive import PartyArchive, TimelineLine, WaitingLine
from mailcrm.model.contact import ContactField, Standing
from mailcrm.model.conversation import Habits, Waiting
from mailcrm.model.interaction import Direction, InteractionKind
from mailcrm.model.party import AffiliationKind, PartyKind

_MOST_BODY = 160
"""Characters of what was logged that its line shows."""

_WITH_BODY = (*ACTIVITIES, InteractionKind.ORDER, InteractionKind.PAYMENT, InteractionKind.FORM)
_ARROWS = {Direction.IN: "[green]→[/green]", Direction.OUT: "[blue]←[/blue]", Direction.INTERNAL: "·", None: " "}


def print_archive(archive: PartyArchive) -> None:
    """Head, fields, addresses with consent."""
    line = archive.line
    head = f"[bold]{escape(line.name)}[/bold]  {line.number or 'not a customer yet'}"
    tags = " ".join(f"[reverse] {escape(tag)} [/reverse]" for tag in line.tags)
    out.print(f"{head}  {tags}")
    out.print(f"[dim]{line.kind} · {line.state} · known from {archive.source} · since {cell(archive.created_at)}[/dim]")
    for name, value in archive.fields.items():
        out.print(f"  {name}: {escape(value)}")
    _print_facts(archive)
    _print_ties(archive)
    for address in archive.addresses:
        out.print(f"  {escape(address.address)} [dim]{address.kind}{' · ended' if address.ended_at else ''}[/dim]")
        for consent in address.consents:
            out.print(
                f"    {consent.purpose}: {consent.state} since {cell(consent.since)} [dim]{escape(consent.evidence)}[/dim]"
            )
        for closed in address.suppressions:
            out.print(f"    [red]closed: {escape(closed)}[/red]")


def _print_ties(archive: PartyArchive) -> None:
    """Whom they work for, who works for them, and of which parties the customer was made."""
    person = archive.line.kind == PartyKind.PERSON
    for each in archive.affiliations:
        of_both = {
            AffiliationKind.EMPLOYEE: ("works for", "works here"),
            AffiliationKind.AGENT: ("agent of", "agent"),
            AffiliationKind.END_CUSTOMER: ("end customer of", "end customer"),
        }[each.kind]
        span = f"{cell(each.valid_from)[:10]} to {cell(each.valid_to or each.seen_until)[:10]}"
        title = f"{escape(each.title)}, " if each.title else ""
        over = ", over" if each.valid_to else ""
        who = f"{escape(each.name)} [dim]{title}{each.number or f'#{each.party_id}'}, {span}{over}[/dim]"
        out.print(f"  {of_both[not person]}: {who}", soft_wrap=True)
    others = [each for each in archive.numbers if each.number != archive.line.number]
    if others:
        named = ", ".join(f"{each.system}:{each.number}" if each.system else each.number for each in others)
        out.print(f"  [dim]also found as {escape(named)}[/dim]", soft_wrap=True)
    if archive.members:
        merged = ", ".join(f"{number} {name}" for number, name in archive.members)
        why = f"`mailcrm identity explain {archive.line.number or f'#{archive.line.id}'}`"
        out.print(f"  [dim]merged from {escape(merged)}; {why} says why[/dim]", soft_wrap=True)


def print_standing(waiting: Sequence[WaitingLine], habits: Habits, now: datetime) -> None:
    """How the conversations with a customer stand, and what is usual with them."""
    for line in waiting:
        assert line.since is not None
        whom, style = (
            ("waits for our answer", "yellow") if line.waiting == Waiting.US else ("we wait for an answer", "dim")
        )
        since = f"since {cell(line.since)} ({span((now - line.since).total_seconds())})"
        out.print(
            f"  [{style}]{whom} {since}[/{style}]: {escape(line.subject)} [dim]conversation {line.thread_id}[/dim]",
            soft_wrap=True,
        )
    facts = []
    if habits.away_until:
        facts.append(f"away until {habits.away_until}")
    if habits.our_answer is not None:
        facts.append(f"we answer in {span(habits.our_answer)}")
    if habits.their_answer is not None:
        facts.append(f"they answer in {span(habits.their_answer)}")
    if habits.rhythm is not None:
        usual = f", usually {span(habits.rhythm.usual.total_seconds())}" if habits.rhythm.usual else ""
        facts.append(f"silent for {span(habits.rhythm.silent.total_seconds())}{usual}")
    if facts:
        out.print(f"  [dim]{' · '.join(facts)}[/dim]", soft_wrap=True)


def _print_facts(archive: PartyArchive) -> None:
    """Each value with where it comes from; what else is claimed of it below."""
    for fact in archive.facts:
        if not fact.value or fact.standing is Standing.FORMER:  # a human says that there is none
            continue
        if fact.field == ContactField.NAME and fact.standing is not Standing.SUGGESTION:  # stands above
            continue
        kind = f"{fact.field} ({escape(fact.label)})" if fact.label else fact.field
        label = f"  {kind}?" if fact.standing is Standing.SUGGESTION else f"{kind}:"
        times = f", {fact.times} mails" if fact.times > 1 else ""
        origin = f"[dim]{fact.source}, {fact.confidence:.0%}{times}, {cell(fact.observed_at)[:10]}[/dim]"
        out.print(f"  {label} {escape(fact.value)}  {origin}", soft_wrap=True)


def print_timeline(lines: Sequence[TimelineLine]) -> None:
    """One line per thing that happened; below a mail that a human wrote, how it begins, without what it quotes."""
    day = ""
    for line in lines:
        at = line.at.astimezone()
        if f"{at:%Y-%m-%d}" != day:
            day = f"{at:%Y-%m-%d}"
            out.print(f"\n[bold]{day}[/bold]")
        out.print(f"  {at:%H:%M} {_ARROWS[line.direction]} {_text(line)}", soft_wrap=True)
        if line.said:
            out.print(f"          [dim]{escape(line.said)}[/dim]", no_wrap=True, overflow="ellipsis")


def _text(line: TimelineLine) -> str:
    if line.kind == InteractionKind.CAMPAIGN:
        return f"[magenta]campaign[/magenta] {escape(line.title)}: {line.outcome} [dim]{escape(line.body)}[/dim]"
    if line.kind == InteractionKind.MEETING:
        off = f" [red]({line.outcome})[/red]" if line.outcome else ""
        body = escape(" ".join(line.body.split())[:_MOST_BODY])
        return f"[cyan]meeting[/cyan] {escape(line.title)}{off} [dim]{body}[/dim]"
    note = f" [yellow]({line.outcome})[/yellow]" if line.outcome else ""
    if line.kind in _WITH_BODY:
        body = f" [dim]{escape(' '.join(line.body.split())[:_MOST_BODY])}[/dim]" if line.body else ""
        return f"[cyan]{line.kind}[/cyan] {escape(line.title)}{note}{body} [dim]{_named(line)}[/dim]"
    who = f"[dim]{escape(line.who)}[/dim]  " if line.who else ""
    return f"{who}{escape(line.title) or '[dim](no subject)[/dim]'}{note}{_attached(line)}"


def _named(line: TimelineLine) -> str:
    """The number by which what was logged is shown whole."""
    return str(line.id) if line.kind in ACTIVITIES else ""


def _attached(line: TimelineLine) -> str:
    """With the number of the mail, by which they are opened."""
    if not line.attachments:
        return ""
    words = "1 attachment" if line.attachments == 1 else f"{line.attachments} attachments"
    return f" [dim]· {words}: mailcrm mail attachments {line.message_id}[/dim]"
