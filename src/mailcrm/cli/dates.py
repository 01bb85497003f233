"""`mailcrm dates`: birthdays and other days that matter, by the sun or by the moon."""

from collections.abc import Iterable
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.model.important_date import Calendar, DateKind, DueDate, KeptDate, LeapRule

app = typer.Typer(help="Birthdays and other days that matter, by the sun or by the moon.", no_args_is_help=True)

Who = Annotated[str, typer.Argument(help="A customer number, or an e-mail address.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    who: Who,
    all_: Annotated[bool, typer.Option("--all", help="Also those that were ended.")] = False,
    json: Json = False,
) -> None:
    """The dates of a customer, and when each comes round next."""
    from mailcrm.model.calendar.occurrences import next_occurrence
    from mailcrm.store import dates, parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        party_id = parties.get_party(session, who)
        found = dates.dates_of(session, [party_id], ended=all_).get(party_id, [])
        today = crm.clock().astimezone().date()
    coming = {each.id: next_occurrence(each.date, today) if each.ended_at is None else None for each in found}
    if json:
        print_json([{**_plain(each), "next": coming[each.id]} for each in found])
        return
    print_table(
        ("date", "what", "day", "next", "told by", "seen", "ended"),
        [
            (each.id, _what(each), _day(each), coming[each.id] or "", each.source, each.observed_at, each.ended_at)
            for each in found
        ],
        empty=f"no dates yet; `mailcrm dates add {who} 1990-03-05` adds a birthday",
    )


@app.command()
def add(
    ctx: typer.Context,
    who: Who,
    day: Annotated[
        str, typer.Argument(help="1990-03-05, 03-05, 3月5日, 农历八月十五, L1990-05+-03 (the leap fifth month)")
    ],
    kind: Annotated[DateKind, typer.Option(help="What the day is of.")] = DateKind.BIRTHDAY,
    label: Annotated[str, typer.Option(help="What it is, in your words; needed for the kind other.")] = "",
    lunar: Annotated[bool, typer.Option("--lunar", help="By the moon, where the day itself says nothing.")] = False,
    lead_days: Annotated[int, typer.Option(min=0, help="How many days before it comes up.")] = 0,
    leap_rule: Annotated[LeapRule, typer.Option(help="When a day in a leap month is kept.")] = LeapRule.ORDINARY,
    once: Annotated[bool, typer.Option("--once", help="In its year only, as a contract that ends.")] = False,
) -> None:
    """Keep a date of a customer. The same day again changes nothing but what goes with it."""
    from mailcrm.model.calendar.parse import parse_important_date
    from mailcrm.store import audit, dates, parties

    date_ = parse_important_date(
        day, kind, label=label, lead_days=lead_days, leap_rule=leap_rule,
        calendar=Calendar.LUNAR if lunar else None, recurs=False if once else None,
    )  # fmt: skip
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        party_id = parties.get_party(session, who)
        kept = dates.add_date(session, party_id, date_, "user", crm.clock())
        audit.append_audit(session, "date.add", f"party:{party_id}", crm.clock(), date=kept.id)
    say(f"{who}: {_what(kept)} on {_day(kept)} (date {kept.id})")


@app.command()
def end(
    ctx: typer.Context, date: Annotated[int, typer.Argument(help="Its number, as `mailcrm dates list` shows it.")]
) -> None:
    """A date holds no more; it stays in the archive, and can be added again."""
    from mailcrm.store import audit, dates

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        kept = dates.end_date(session, date, crm.clock())
        audit.append_audit(session, "date.end", f"party:{kept.party_id}", crm.clock(), date=date)
    say(f"date {date} is ended: {_what(kept)} on {_day(kept)}")


@app.command()
def due(
    ctx: typer.Context,
    days: Annotated[int, typer.Option(min=0, max=366, help="How far to look ahead; dates may want more.")] = 30,
    json: Json = False,
) -> None:
    """Whose dates come up, the next first."""
    from mailcrm.store import dates

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = dates.select_due(session, crm.clock().astimezone().date(), days)
    if json:
        print_json(list(_all_due(found)))
        return
    print_table(
        ("on", "customer", "name", "what", "day", "years"),
        [
            (each.day, each.number or f"#{each.party_id}", each.name, _what(each.kept), _day(each.kept), each.years)
            for each in found
        ],
        empty=f"no dates in the next {days} days",
    )


def _what(kept: KeptDate) -> str:
    return kept.date.label or kept.date.kind.replace("_", " ")


def _day(kept: KeptDate) -> str:
    from mailcrm.model.calendar.shown import shown

    return shown(kept.date)


def _plain(kept: KeptDate) -> dict[str, Any]:
    """As programs read it: the day in canonical text and in words of both languages."""
    from mailcrm.model.calendar.shown import canonical_text, shown

    words = {"en": shown(kept.date), "zh-CN": shown(kept.date, "zh-CN")}
    rest = {name: getattr(kept, name) for name in ("source", "observed_at", "ended_at")}
    return {
        "id": kept.id, "kind": kept.date.kind, "label": kept.date.label, "day": canonical_text(kept.date), "shown": words,
        "leap_rule": kept.date.leap_rule, "lead_days": kept.date.lead_days, "recurs": kept.date.recurs, **rest,
    }  # fmt: skip


def _all_due(found: Iterable[DueDate]) -> Iterable[dict[str, Any]]:
    for each in found:
        yield {
            "customer": each.number or f"#{each.party_id}", "name": each.name, "on": each.day, "key": each.key,
            "years": each.years, "date": _plain(each.kept),
        }  # fmt: skip
