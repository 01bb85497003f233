"""`mailcrm log`: what happened outside of mail, in half a minute."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Context, Json, context_of, print_json, say
from mailcrm.errors import UserError
from mailcrm.model.activity import Activity
from mailcrm.model.interaction import Direction, InteractionKind

app = typer.Typer(
    help="Log calls, visits and the like: mailcrm log call C000017Z 'asked for a quote' --minutes 12 --next 2026-12-01",
    no_args_is_help=True,
)

Who = Annotated[str, typer.Argument(help="The customer: number or e-mail address.")]
What = Annotated[str, typer.Argument(help="What it was about, in a few words.")]
With = Annotated[
    list[str] | None, typer.Option("--with", help="Somebody else who took part; may be given several times.")
]
Body = Annotated[str, typer.Option(help="What was said, at length.")]
At = Annotated[str | None, typer.Option("--at", help="When, e.g. 2026-12-01 or '2026-12-01 15:30'; default: now.")]
Next = Annotated[
    str | None, typer.Option("--next", help="The day of the next step: it is among your cases until then.")
]
Attach = Annotated[list[Path] | None, typer.Option(help="A file that belongs to it; may be given several times.")]
Private = Annotated[bool, typer.Option("--private", help="Seen by you alone.")]
Id = Annotated[int, typer.Argument(help="Its number, as lists show it.")]

_KINDS = {
    "call": "A phone call.",
    "visit": "A visit, ours or theirs.",
    "meeting": "A meeting; the others who took part by --with.",
    "chat": "A talk by chat, with --channel wechat, whatsapp ...",
    "note": "Something to remember. `mailcrm notes` lists them.",
    "sms": "A short message.",
    "social": "Something said on a social network.",
    "letter": "A letter on paper.",
    "feedback": "What they think of us, with --rating.",
}


def keep(context: Context, crm: Any, who: list[str], activity: Activity, files: list[Path] | None) -> int:
    """Log it with all of these customers; returns its number. Raises NotFound for a customer who is none."""
    from mailcrm.service import activities
    from mailcrm.store import parties

    staged = activities.stage_files(crm.store, files or ())
    with crm.store.write(context.actor) as session:
        ids = [parties.get_leaf(session, each) for each in who]
        return activities.log(session, ids, activity, staged, context.viewer, crm.clock())


def told(text: str, values: dict[str, Any], *, json: bool) -> None:
    """What was done, for people or for programs."""
    if json:
        print_json(values)
    else:
        say(text)


def _add(kind: InteractionKind, about: str) -> None:
    def command(
        ctx: typer.Context,
        who: Who,
        what: What,
        with_: With = None,
        body: Body = "",
        at: At = None,
        minutes: Annotated[int | None, typer.Option(help="How long it took.")] = None,
        next_: Next = None,
        direction: Annotated[Direction | None, typer.Option(help="in: they came to us; out: we to them.")] = None,
        channel: Annotated[str, typer.Option(help="By what, e.g. wechat.")] = "",
        outcome: Annotated[str, typer.Option(help="What came of it, in a word or two.")] = "",
        rating: Annotated[int | None, typer.Option(help="How content they are: 1 (not) to 5 (very).")] = None,
        private: Private = False,
        pin: Annotated[bool, typer.Option("--pin", help="Show it above the timeline.")] = False,
        attach: Attach = None,
        json: Json = False,
    ) -> None:
        from mailcrm.cli.when import typed_moment

        context = context_of(ctx)
        with context.app() as crm:
            now = crm.clock()
            due = typed_moment(next_, now, day_ends=True) if next_ else None
            activity = Activity(
                kind, typed_moment(at, now), what, body, direction, channel, outcome, pinned=pin, private=private,
                rating=rating, minutes=minutes, due_at=due, owner=context.actor.name if due else "",
            )  # fmt: skip
            done = keep(context, crm, [who, *(with_ or ())], activity, attach)
        told(f"{kind} {done} is logged" + (f"; next step by {next_}" if due else ""), {"id": done}, json=json)

    command.__doc__ = about
    app.command(kind.value)(command)


for _kind, _about in _KINDS.items():
    _add(InteractionKind(_kind), _about)


# --- afterwards --------------------------------------------------------------------------------------------------


@app.command()
def show(ctx: typer.Context, activity: Id, json: Json = False) -> None:
    """One call, case or note with its files and what was changed of it."""
    from mailcrm.cli.activities_shown import print_activity
    from mailcrm.store import activity_lists

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        found = activity_lists.get_activity(session, activity, context.viewer)
    if json:
        print_json(found)
        return
    print_activity(found)


@app.command()
def change(
    ctx: typer.Context,
    activity: Id,
    title: Annotated[str | None, typer.Option(help="What it was about.")] = None,
    body: Annotated[str | None, typer.Option(help="What was said.")] = None,
    at: At = None,
    outcome: Annotated[str | None, typer.Option(help="What came of it.")] = None,
    channel: Annotated[str | None, typer.Option(help="By what.")] = None,
    minutes: Annotated[int | None, typer.Option(help="How long it took.")] = None,
    rating: Annotated[int | None, typer.Option(help="1 to 5.")] = None,
    private: Annotated[bool | None, typer.Option("--private/--public", help="Seen by you alone, or by all.")] = None,
    version: Annotated[
        int | None, typer.Option(help="The version you looked at: refused if somebody changed the same since.")
    ] = None,
    json: Json = False,
) -> None:
    """Change what was logged; what it said before is kept."""
    from mailcrm.cli.when import typed_moment
    from mailcrm.service import activities

    given = {"title": title, "body": body, "outcome": outcome, "channel": channel, "minutes": minutes, "rating": rating}
    patch: dict[str, Any] = {name: value for name, value in (given | {"private": private}).items() if value is not None}
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        now = crm.clock()
        if at is not None:
            patch["at"] = typed_moment(at, now)
        if not patch:
            raise UserError("say what to change, e.g. --title '...'")
        changed = activities.change(session, activity, patch, context.viewer, now, version)
    told(f"{activity} is changed (version {changed})", {"id": activity, "row_version": changed}, json=json)


@app.command("attach")
def attach_(
    ctx: typer.Context,
    activity: Id,
    files: Annotated[list[Path], typer.Argument(help="Files.")],
) -> None:
    """Attach files to a call, a case or a note."""
    from mailcrm.service import activities

    context = context_of(ctx)
    with context.app() as crm:
        staged = activities.stage_files(crm.store, files)
        with crm.store.write(context.actor) as session:
            fresh = activities.attach(session, activity, staged, context.viewer, crm.clock())
    say(f"{fresh} of {len(files)} newly attached to {activity}")


@app.command("files")
def files_(
    ctx: typer.Context,
    activity: Id,
    to: Annotated[Path, typer.Option(help="The folder to write them into.")] = Path(),
) -> None:
    """Write the attached files into a folder; none is written over another."""
    from mailcrm.service import activities

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        saved = activities.save_files(session, activity, to, context.viewer)
    for path in saved:
        say(str(path))
