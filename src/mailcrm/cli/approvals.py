"""`mailcrm approvals`: changes that wait until a second person has looked."""

import json as jsons
from typing import Annotated

import typer

from mailcrm.cli.context import Json, cell, context_of, print_json, print_table, say
from mailcrm.errors import UserError

app = typer.Typer(help="Changes that two people must want (team.four_eyes).", no_args_is_help=True)

Request = Annotated[int, typer.Argument(min=1, max=2**63 - 1, help="Its number (`mailcrm approvals list`).")]
Why = Annotated[str, typer.Option("--reason", help="Why, for whoever asked.")]


@app.command("list")
def list_(
    ctx: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Also what is decided.")] = False,
    json: Json = False,
) -> None:
    """What waits, the newest first; with --all also what became of the others."""
    from mailcrm.model.approval import RequestState
    from mailcrm.store import change_requests

    context = context_of(ctx)
    states = () if all_ else (RequestState.OPEN, RequestState.APPROVED)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = change_requests.list_requests(session, states)
        now = crm.clock()
    if json:
        print_json(found)
        return
    rows = [
        (each.id, each.kind, each.summary, each.asked_by, each.asked_at,
         "expired" if each.has_expired(now) else each.state, each.decided_by)
        for each in found
    ]  # fmt: skip
    print_table(("request", "kind", "what", "asked by", "at", "state", "decided by"), rows, empty="nothing waits")


@app.command()
def show(ctx: typer.Context, request: Request, json: Json = False) -> None:
    """One request with all it would do, and the digest by which it is approved."""
    from mailcrm.model.approval import SHORTEST, RequestState
    from mailcrm.store import change_requests

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = change_requests.get_request(session, request)
        expired = found.has_expired(crm.clock())
    if json:
        print_json(found)
        return
    say(f"request {found.id}: {found.kind} · {found.summary}")
    say(f"asked by {found.asked_by} (login {found.asked_login}) at {cell(found.asked_at)}")
    if found.decided_at is not None:
        said = f": {found.reason}" if found.reason else ""
        say(f"{found.state.value} by {found.decided_by} at {cell(found.decided_at)}{said}")
    if found.result:
        say(f"result: {found.result}")
    say(jsons.dumps(jsons.loads(found.payload), ensure_ascii=False, indent=2, sort_keys=True))
    say(f"sha256 {found.sha256}")
    if expired:
        say("expired: who still wants it asks again")
    elif found.state == RequestState.OPEN:
        say(f"`mailcrm --as NAME approvals approve {found.id} {found.sha256[:SHORTEST]}` carries it out")


@app.command()
def approve(
    ctx: typer.Context,
    request: Request,
    digest: Annotated[str, typer.Argument(help="The first digits (at least 8) of the sha256 that `show` showed.")],
    json: Json = False,
) -> None:
    """Say yes to exactly what you saw; it is carried out at once. Never by who asked."""
    from mailcrm.service import approvals

    context = context_of(ctx)
    with context.app() as crm:
        carried = approvals.approve(crm, context.actor, request, digest)
    print_json({"request": request, "result": carried.value}) if json else say(f"approved: {carried.text}")


@app.command()
def resume(ctx: typer.Context, request: Request) -> None:
    """Carry out what was approved, and then interrupted; only when it is not at work any more."""
    from mailcrm.service import approvals

    context = context_of(ctx)
    with context.app() as crm:
        carried = approvals.resume(crm, context.actor, request)
    say(f"done: {carried.text}")


@app.command()
def reject(ctx: typer.Context, request: Request, reason: Why = "") -> None:
    """Say no. It stays in the list with your reason."""
    from mailcrm.service import approvals

    if not reason.strip():
        raise UserError("who asked wants to know why: --reason TEXT")
    context = context_of(ctx)
    with context.app() as crm:
        approvals.reject(crm, context.actor, request, reason)
    say(f"request {request} rejected")


@app.command()
def withdraw(ctx: typer.Context, request: Request, reason: Why = "") -> None:
    """Take back what you asked for."""
    from mailcrm.service import approvals

    context = context_of(ctx)
    with context.app() as crm:
        approvals.withdraw(crm, context.actor, request, reason)
    say(f"request {request} withdrawn")
