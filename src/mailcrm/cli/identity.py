"""`mailcrm identity`: who is the same customer, said why, and taken back."""

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli.ask import Questions, require_yes
from mailcrm.cli.context import Context, Json, Yes, context_of, print_json, say, told_to_wait
from mailcrm.cli.progress import counted
from mailcrm.errors import UserError
from mailcrm.model.identity import Backend, MatchState, ReviewLine

app = typer.Typer(help="Who is the same customer, why, and back again.", no_args_is_help=True)

_LARGEST_ID = 2**63 - 1
_LONGEST = 36_500
"""Days to put a question off: a century."""


@app.command()
def cluster(
    source: Annotated[
        Path,
        typer.Option("--in", help="CSV: record_id and any of name, email, phone, company, birth_date, customer_no."),
    ],
    target: Annotated[Path, typer.Option("--out", help="CSV to write: record_id, cluster_id.")],
    review: Annotated[
        Path | None, typer.Option(help="CSV to write: pairs that a human should look at, with evidence.")
    ] = None,
    backend: Annotated[
        Backend,
        typer.Option(help="What finds the pairs: splink (DuckDB) for hundreds of thousands of rows and many cores."),
    ] = Backend.PYTHON,
    json: Json = False,
) -> None:
    """Find out which rows of a sheet are the same person, without an archive. The sheet itself is not changed.

    Rows are joined where that is all but certain; pairs that are only likely are written to --review, with what speaks
    for and against them in bits.
    """
    from mailcrm.cli.identity_shown import warn_of_capped
    from mailcrm.service.clustering import cluster_file

    with counted(quiet=json) as report:
        found = cluster_file(source, target, review, report, backend)
    if json:
        print_json(found)
        return
    say(
        f"{found.records} records, {found.clusters} people; pairs to look at: {found.review} -> {review or '--review FILE'}"
    )
    warn_of_capped("records", found.capped)


# --- the archive -------------------------------------------------------------------------------------------------

Party = Annotated[str, typer.Argument(help="A customer number (old ones too), an e-mail address, or an id (46).")]


@app.command()
def explain(
    ctx: typer.Context,
    one: Party,
    other: Annotated[str, typer.Argument(help="Another one; without it: what the customer is made of.")] = "",
    json: Json = False,
) -> None:
    """Why two are one customer, or why not: each piece of evidence in bits, which add up. Of one: its members and merges."""
    from mailcrm.cli.identity_shown import print_explanation, print_membership
    from mailcrm.service import merging
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        leaf = parties.get_leaf(session, one)
        if other:
            found = merging.explain(session, leaf, parties.get_leaf(session, other))
        else:
            members = merging.membership(session, leaf)
    if json:
        print_json(found if other else members)
    elif other:
        print_explanation(found)
    else:
        print_membership(members)


@app.command()
def merge(ctx: typer.Context, one: Party, other: Party, json: Json = False) -> None:
    """Make two customers one. Nothing moves, nobody is mailed, consent stays with each address; `unmerge` takes it back.

    The lower number goes on; the other one finds the customer for ever.
    """
    from mailcrm.service import merge_requests
    from mailcrm.store import parties

    context = context_of(ctx)
    with context.app() as crm:
        with crm.store.read(context.viewer) as session:
            plan = merge_requests.plan_merge(session, parties.get_leaf(session, one), parties.get_leaf(session, other))
        done = _ask_or_do(context, crm, plan, json=json)
    if done is None:
        return
    if json:
        print_json(done.value)
        return
    say(
        f"merge {done.value['merge']}: {one} and {other} are one customer now; "
        f"`mailcrm identity unmerge {one} {other}` undoes it"
    )


def _ask_or_do(context: Context, crm: Any, plan: Any, *, json: bool) -> Any:
    """What came of it; None if a second person has to look first, which is said."""
    from mailcrm.model.approval import FourEyes
    from mailcrm.service.approvals import ask_or_do

    outcome = ask_or_do(crm, context.actor, FourEyes.MERGE, plan.summary, plan.payload)
    if outcome.asked is None:
        return outcome.carried
    told_to_wait(outcome.asked, json=json)
    return None


@app.command()
def unmerge(
    ctx: typer.Context,
    one: Annotated[
        str, typer.Argument(help="A customer number (old ones too), an e-mail address, or an id (46).")
    ] = "",
    other: Annotated[str, typer.Argument(help="The other one that was merged with it.")] = "",
    merge_id: Annotated[
        int | None, typer.Option("--merge", max=_LARGEST_ID, help="One merge by its number (`explain` shows them).")
    ] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everything that was merged with this customer.")] = False,
    json: Json = False,
) -> None:
    """Take a merge back, in whatever order: all is as if it had never been, mail of the time between included.

    What you entered for the merged customer stays with the one whose number it had. They are not joined again by
    themselves.
    """
    from mailcrm.service import merge_requests
    from mailcrm.store import parties

    if [bool(other), merge_id is not None, all_].count(True) != 1 or (not one) != (merge_id is not None):
        raise UserError("say which: `unmerge ONE OTHER`, `unmerge ONE --all`, or `unmerge --merge NUMBER`")
    context = context_of(ctx)
    with context.app() as crm:
        with crm.store.read(context.viewer) as session:
            if merge_id is not None:
                plan = merge_requests.plan_undo(session, merge_id)
            elif all_:
                plan = merge_requests.plan_unmerge_all(session, parties.get_leaf(session, one))
            else:
                leaves = parties.get_leaf(session, one), parties.get_leaf(session, other)
                plan = merge_requests.plan_unmerge(session, *leaves)
        done = _ask_or_do(context, crm, plan, json=json)
    if done is not None:
        print_json(done.value) if json else say(done.text)


@app.command()
def review(
    ctx: typer.Context,
    pair: Annotated[
        int | None, typer.Argument(max=_LARGEST_ID, help="A pair by its number: both sides and all evidence.")
    ] = None,
    same: Annotated[bool, typer.Option("--same", help="They are one customer: merge them.")] = False,
    different: Annotated[bool, typer.Option("--different", help="They are two: never ask again.")] = False,
    later: Annotated[int | None, typer.Option(min=1, max=_LONGEST, help="Ask again in so many days.")] = None,
    name_only: Annotated[
        bool,
        typer.Option("--name-only", help="Only pairs for which nothing but the name speaks; with --same: all of them."),
    ] = False,
    all_: Annotated[bool, typer.Option("--all", help="Also pairs of which neither is a customer yet.")] = False,
    ask: Annotated[bool, typer.Option("--ask", help="One after the other, answered by a key.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 20,
    yes: Yes = False,
    json: Json = False,
) -> None:
    """Pairs that may be one customer, the most valuable first; and your answers, which hold for ever."""
    from mailcrm.cli import identity_shown as shown
    from mailcrm.service import merge_requests, merging

    wanted = _answer(same=same, different=different, later=later)
    if wanted is not None and pair is None and not (name_only and same):
        raise UserError("which pair? `mailcrm identity review NUMBER --same`; --same --name-only takes all of those")
    if ask and (json or pair is not None or wanted is not None):
        raise UserError("--ask goes through the pairs on a terminal: neither with --json, nor a pair, nor an answer")
    context = context_of(ctx)
    with context.app() as crm:
        if pair is not None:
            _one_pair(context, crm, pair, wanted, later, json=json)
            return
        with crm.store.read(context.viewer) as session:
            most = None if wanted is not None else limit
            lines = merging.review(session, crm.clock(), most, strangers=all_, name_only=name_only or None)
            waiting = matches_waiting(session, crm.clock())
        if wanted is not None:
            require_yes(f"merge {len(lines)} pairs for which only the name speaks?", yes=yes)
            done = _ask_or_do(context, crm, merge_requests.plan_bulk(lines), json=json)
            if done is not None:
                print_json(done.value) if json else say(
                    f"{done.text}; `mailcrm identity unmerge --merge NUMBER` takes one back"
                )
        elif ask:
            _ask_all(context, crm, lines)
        elif json:
            print_json(lines)
        else:
            shown.print_review(lines, waiting)


def matches_waiting(session: Any, now: datetime) -> int:
    """How many pairs wait in all."""
    from mailcrm.store.identity import matches

    return matches.count_open(session, now)


def _answer(*, same: bool, different: bool, later: int | None) -> MatchState | None:
    said = [(same, MatchState.MERGED), (different, MatchState.REJECTED), (later is not None, MatchState.LATER)]
    chosen = [state for given, state in said if given]
    if len(chosen) > 1:
        raise UserError("one answer at a time: --same, --different or --later")
    return chosen[0] if chosen else None


def _one_pair(
    context: Context, crm: Any, pair: int, wanted: MatchState | None, later: int | None, *, json: bool
) -> None:
    from mailcrm.cli import identity_shown as shown
    from mailcrm.service import merging

    with crm.store.read(context.viewer) as session:
        line = merging.review_line(session, pair)
    if wanted is None:
        print_json(line) if json else shown.print_pair(line)
        return
    if not _answered(context, crm, line, wanted, later or 0, json=json):
        return
    with crm.store.read(context.viewer) as session:
        answered = merging.review_line(session, pair)
    if json:
        print_json(answered)
        return
    said = {
        MatchState.MERGED: "merged",
        MatchState.REJECTED: "two, for ever",
        MatchState.LATER: f"asked in {later} days",
    }
    say(f"pair {pair}: {said[wanted]}")


def _answered(context: Context, crm: Any, line: ReviewLine, said: MatchState, days: int, *, json: bool) -> bool:
    """Whether the answer holds now; a merge may have to wait for a second person."""
    from mailcrm.service import merge_requests, merging

    if said != MatchState.MERGED:
        with crm.store.write(context.actor) as session:
            merging.answer(session, line, said, crm.clock(), days)
        return True
    with crm.store.read(context.viewer) as session:
        plan = merge_requests.plan_merge(session, line.left.party_id, line.right.party_id)
    return _ask_or_do(context, crm, plan, json=json) is not None


_KEYS = {"s": MatchState.MERGED, "d": MatchState.REJECTED, "l": MatchState.LATER}
_PUT_OFF = 30
"""Days."""


def _ask_all(context: Context, crm: Any, lines: Sequence[ReviewLine]) -> None:
    """One pair after the other, until all are answered or somebody has had enough."""
    from mailcrm.cli import identity_shown as shown
    from mailcrm.service import merging

    questions = Questions(yes=False)
    for at, line in enumerate(lines, start=1):
        with crm.store.read(context.viewer) as session:
            if not merging.is_open(session, line):  # who is one with two others, these are one
                continue
        shown.print_pair(line)
        said = questions.choose(f"{at} of {len(lines)}: [s]ame, [d]ifferent, [l]ater, [q]uit", "--same", "sdlq", "l")
        if said == "q":
            return
        _answered(context, crm, line, _KEYS[said], _PUT_OFF, json=False)


@app.command()
def rebuild(
    ctx: typer.Context,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; without this nothing is changed.")] = False,
    yes_change: Annotated[
        int | None, typer.Option("--yes-change", help="So many customers may change, when it is more than usual.")
    ] = None,
    json: Json = False,
) -> None:
    """Judge everybody anew, and propose what to join and what to take apart. Numbers, your merges and your answers stay.

    A run that would change more than 1 % of the customers (and more than 20) stops, and asks for the number.
    """
    from mailcrm.cli import identity_shown as shown
    from mailcrm.service import rejudging

    context = context_of(ctx)
    with context.app() as crm, counted(quiet=json) as report:
        found, proposal = rejudging.rebuild(crm.store, crm.clock, report)
        refused = apply and found.changed > found.allowed and yes_change != found.changed
        if apply and not refused:
            found = rejudging.apply(crm.store, crm.clock, found, proposal, report)
    print_json(found) if json else shown.print_rebuilt(found)
    if refused:
        raise UserError(
            f"{found.changed} customers would change, and {found.allowed} may without asking: look at the proposal, then "
            f"say `mailcrm identity rebuild --apply --yes-change {found.changed}`"
        )
