"""`mailcrm cases`: complaints, inquiries, service requests and next steps that somebody must deal with."""

from enum import StrEnum
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, context_of, plain, print_json
from mailcrm.cli.log import At, Attach, Body, What, Who, With, keep, told
from mailcrm.cli.log import show as show_activity
from mailcrm.errors import UserError
from mailcrm.model.activity import OPEN_STATES, Activity, CaseState
from mailcrm.model.interaction import Direction, InteractionKind

app = typer.Typer(
    help="What somebody must deal with: complaints, inquiries, service, next steps.", no_args_is_help=True
)

Case = Annotated[int, typer.Argument(help="Its number, as `mailcrm cases list` shows it.")]
Outcome = Annotated[str | None, typer.Option(help="What came of it, in a word or two.")]


class Kind(StrEnum):
    """What can be opened."""

    COMPLAINT = "complaint"
    INQUIRY = "inquiry"
    SERVICE = "service"


@app.command("list")
def list_(
    ctx: typer.Context,
    customer: Annotated[str | None, typer.Option(help="Of this customer only: number or address.")] = None,
    state: Annotated[CaseState | None, typer.Option(help="In this state; default: all that are not over.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Also those that are over.")] = False,
    kind: Annotated[InteractionKind | None, typer.Option(help="Of this kind.")] = None,
    mine: Annotated[bool, typer.Option("--mine", help="That you have taken.")] = False,
    owner: Annotated[str | None, typer.Option(help="That somebody has taken; '' for nobody.")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="That should have been done.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    after: Annotated[int | None, typer.Option(help="Go on behind this case, the last one shown.")] = None,
    json: Json = False,
) -> None:
    """Cases, the first due before the others."""
    from mailcrm.cli.activities_shown import is_late, print_cases
    from mailcrm.store import activity_lists, parties

    if mine and owner is not None:
        raise UserError("--mine or --owner, not both")
    context = context_of(ctx)
    states = tuple(CaseState) if all_ else OPEN_STATES if state is None else (state,)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        now, viewer = crm.clock(), context.viewer
        last = activity_lists.get_activity(session, after, viewer).line if after is not None else None
        found = activity_lists.list_cases(
            session, viewer, states=states, kind=kind, owner=context.actor.name if mine else owner,
            overdue_at=now if overdue else None, party_id=parties.get_party(session, customer) if customer else None,
            after=(last.activity.due_at, last.id) if last else None, limit=limit,
        )  # fmt: skip
    if json:
        print_json([plain(each) | {"late": is_late(each, now)} for each in found])
        return
    print_cases(found, now, empty="no cases; `mailcrm cases open complaint WHO 'what'` opens one")


app.command("show")(show_activity)


@app.command("open")
def open_(
    ctx: typer.Context,
    kind: Annotated[Kind, typer.Argument(help="What it is.")],
    who: Who,
    what: What,
    with_: With = None,
    body: Body = "",
    due: Annotated[str | None, typer.Option(help="Until when, e.g. 2026-12-01.")] = None,
    owner: Annotated[str, typer.Option(help="Who deals with it; default: nobody yet.")] = "",
    channel: Annotated[str, typer.Option(help="How it reached us.")] = "",
    at: At = None,
    attach: Attach = None,
    json: Json = False,
) -> None:
    """Open a case."""
    from mailcrm.cli.when import typed_moment

    context = context_of(ctx)
    with context.app() as crm:
        now = crm.clock()
        activity = Activity(
            InteractionKind(kind), typed_moment(at, now), what, body, Direction.IN, channel, owner=owner,
            due_at=typed_moment(due, now, day_ends=True) if due else None, state=CaseState.OPEN,
        )  # fmt: skip
        done = keep(context, crm, [who, *(with_ or ())], activity, attach)
    told(f"{kind} {done} is open", {"id": done}, json=json)


# --- dealing with them -------------------------------------------------------------------------------------------


@app.command()
def take(
    ctx: typer.Context,
    case: Case,
    owner: Annotated[str | None, typer.Option("--for", help="Give it to somebody else.")] = None,
    json: Json = False,
) -> None:
    """Deal with a case: it is yours, and worked on."""
    context = context_of(ctx)
    _decide(ctx, case, CaseState.WORKING, json=json, owner=owner or context.actor.name)


@app.command()
def wait(
    ctx: typer.Context,
    case: Case,
    until: Annotated[str | None, typer.Option(help="Look at it again on this day.")] = None,
    json: Json = False,
) -> None:
    """A case waits for somebody else."""
    _decide(ctx, case, CaseState.WAITING, json=json, until=until)


@app.command()
def solve(ctx: typer.Context, case: Case, outcome: Outcome = None, json: Json = False) -> None:
    """What was to do is done."""
    _decide(ctx, case, CaseState.SOLVED, json=json, outcome=outcome)


@app.command()
def close(ctx: typer.Context, case: Case, outcome: Outcome = None, json: Json = False) -> None:
    """Nothing more will be done."""
    _decide(ctx, case, CaseState.CLOSED, json=json, outcome=outcome)


@app.command()
def reopen(ctx: typer.Context, case: Case, json: Json = False) -> None:
    """A case that was over is not."""
    _decide(ctx, case, CaseState.OPEN, json=json)


@app.command()
def due(
    ctx: typer.Context,
    case: Annotated[int, typer.Argument(help="A case, or anything else that was logged: then it becomes one.")],
    day: Annotated[str, typer.Argument(help="E.g. 2026-12-01; 'never' takes it away.")],
    json: Json = False,
) -> None:
    """Say until when something is to be done."""
    from mailcrm.cli.when import typed_moment
    from mailcrm.service import activities

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        now = crm.clock()
        when = None if day == "never" else typed_moment(day, now, day_ends=True)
        changed = activities.change(session, case, {"due_at": when}, context.viewer, now)
    told(f"case {case} is due {day}", {"id": case, "due_at": when, "row_version": changed}, json=json)


def _decide(
    ctx: typer.Context, case: int, state: CaseState, *, json: bool, until: str | None = None, **values: Any
) -> None:
    from mailcrm.cli.when import typed_moment
    from mailcrm.service import activities

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        now = crm.clock()
        when = typed_moment(until, now, day_ends=True) if until else None
        changed = activities.decide(session, case, state, context.viewer, now, due_at=when, **values)
    told(f"case {case} is {state}", {"id": case, "state": state, "row_version": changed}, json=json)
