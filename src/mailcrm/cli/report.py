"""How a campaign's result looks on a terminal."""

from mailcrm.cli.console import escape, out
from mailcrm.cli.context import cell, print_table
from mailcrm.model.recipient import RecipientState
from mailcrm.service.campaigns import CampaignReport

_COLOURS = {
    RecipientState.SENT: "green",
    RecipientState.FAILED: "red",
    RecipientState.SKIPPED: "yellow",
    RecipientState.IN_DOUBT: "magenta",
    RecipientState.UNKNOWN: "magenta",
    RecipientState.DEFERRED: "cyan",
}
_BAR = 40
_EVENTS = ("replied", "delivered", "bounced", "complained", "unsubscribed")


def print_report(report: CampaignReport) -> None:
    """Bars for the states, numbers for what came back, and who was left out."""
    row, counts = report.campaign, report.counts
    out.print(f"[bold]{escape(row.name)}[/bold]  {row.state}  {escape(row.state_reason)}", soft_wrap=True)
    head = f"{row.kind} · from {row.account} · {escape(row.segment)} · started {cell(row.started_at)}"
    out.print(f"[dim]{head}[/dim]\n", soft_wrap=True)
    for state, count in counts.states.items():
        if count:
            length = max(1, round(_BAR * count / counts.total))
            colour = _COLOURS.get(state, "white")
            out.print(f"{state:>10} {count:>6}  [{colour}]{'█' * length}[/{colour}]")
    out.print(f"{'total':>10} {counts.total:>6}\n")
    back = "   ".join(f"{name} {counts.events[name]}" for name in _EVENTS if counts.events.get(name))
    out.print(back or "[dim]nothing has come back yet[/dim]")
    if row.withheld:
        out.print()
        print_table(("left out at the start because", "customers"), list(row.withheld.items()), empty="")
    if report.lines is not None:
        out.print()
        print_table(
            ("number", "name", "address", "state", "reason or reply", "events", "sent"),
            [(r.number, r.name, r.address, r.state, r.reason or r.reply, r.events, r.sent_at) for r in report.lines],
            empty="no recipients in that state",
        )
    if counts.states[RecipientState.UNKNOWN]:
        number = counts.states[RecipientState.UNKNOWN]
        out.print(
            f"\n[magenta]{number} mails may or may not have arrived[/magenta] (结果未知): the connection broke at the last "
            "moment. They are not sent again by themselves; see --state unknown.",
            soft_wrap=True,
        )
