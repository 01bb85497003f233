"""`mailcrm conversations`: who waits for an answer, and who has been silent."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.model.interaction import Direction

app = typer.Typer(help="Who waits for an answer, and who has been silent for longer than usual.", no_args_is_help=True)

_ARROWS = {Direction.IN: "→", Direction.OUT: "←", Direction.INTERNAL: "·"}
_DEEPEST = 8

Limit = Annotated[int, typer.Option(min=1, max=10_000)]


@app.command()
def waiting(
    ctx: typer.Context,
    them: Annotated[bool, typer.Option("--them", help="Those in which we wait for the customer.")] = False,
    customer: Annotated[str | None, typer.Option(help="Of this customer only: number or address.")] = None,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Conversations that wait for our answer, the longest wait first.

    Mail written by hand counts; newsletters, automatic answers and a mere "thanks" ask for nothing.
    """
    from mailcrm.model.conversation import Waiting
    from mailcrm.store import conversations, parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        party_id = parties.get_party(session, customer) if customer else None
        whom = Waiting.THEM if them else Waiting.US
        lines = conversations.list_waiting(session, context.viewer, whom, limit, party_id)
        now = crm.clock()
    if json:
        print_json(lines)
        return
    print_table(
        ("conversation", "since", "days", "customer", "name", "subject"),
        [
            (
                line.thread_id,
                line.since,
                (now - line.since).days if line.since else "",
                line.number or f"#{line.party_id}",
                line.name,
                line.subject,
            )
            for line in lines
        ],
        empty="nobody waits for us" if not them else "we wait for nobody",
    )
    if lines and not them:
        say("needs no answer: mailcrm conversations done CONVERSATION", style="dim")


@app.command()
def show(
    ctx: typer.Context,
    conversation: Annotated[int, typer.Argument(help="Its number, as `waiting` shows it.")],
    json: Json = False,
) -> None:
    """The mails of a conversation, each below the one it answers."""
    from mailcrm.errors import NotFound
    from mailcrm.store import conversation_mails

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        mails = conversation_mails.list_mails(session, conversation, context.viewer)
    if not mails:
        raise NotFound(f"there is no conversation {conversation}; see: mailcrm conversations waiting")
    if json:
        print_json(mails)
        return
    print_table(
        ("mail", "at", "", "who", "subject"),
        [
            (
                mail.id,
                mail.at,
                _ARROWS[mail.direction],
                f"{'  ' * min(mail.depth, _DEEPEST)}{mail.who}",
                f"{mail.subject}{'  (linked by subject)' if mail.linked else ''}",
            )
            for mail in mails
        ],
        empty="",
    )
    if any(mail.linked for mail in mails):
        say("does not belong here: mailcrm conversations unlink MAIL", style="dim")


@app.command()
def unlink(
    ctx: typer.Context,
    mail: Annotated[int, typer.Argument(help="The number of a mail that is linked by its subject, as `show` has it.")],
) -> None:
    """This mail answers none of the others: take the link away that its subject made, for good."""
    from mailcrm.errors import NotFound
    from mailcrm.service.consequences import read_conversations
    from mailcrm.store import audit, reply_links

    context = context_of(ctx)
    with context.app() as crm:
        with crm.store.write(context.actor) as session:
            if not reply_links.drop_link(session, mail, crm.clock()):
                raise NotFound(
                    f"mail {mail} is not linked by its subject; see: mailcrm conversations show CONVERSATION"
                )
            audit.append_audit(session, "conversation.unlink", f"message:{mail}", crm.clock())
        read_conversations(crm.store)
    say(f"mail {mail} is a conversation of its own")


@app.command()
def done(
    ctx: typer.Context,
    conversation: Annotated[int, typer.Argument(help="Its number, as `waiting` shows it.")],
) -> None:
    """This conversation waits for nobody, until somebody writes in it again."""
    from mailcrm.errors import NotFound
    from mailcrm.store import audit, conversations

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        count = conversations.mark_handled(session, conversation, crm.clock())
        if not count:
            raise NotFound(f"conversation {conversation} waits for nobody; see: mailcrm conversations waiting")
        audit.append_audit(session, "conversation.done", f"thread:{conversation}", crm.clock())
    say(f"conversation {conversation} is done")


@app.command()
def silent(
    ctx: typer.Context,
    times: Annotated[float, typer.Option(min=1, help="How many times longer than usual.")] = 3,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """Customers who have been silent for much longer than they usually are.

    Usual is the median time between the last 20 of their mails; who wrote fewer than four times has no rhythm yet.
    """
    from mailcrm.store import conversations

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        lines = conversations.list_silent(session, crm.clock(), times, limit)
    if json:
        print_json(lines)
        return
    print_table(
        ("customer", "name", "silent for days", "usually"),
        [(line.number, line.name, line.silent_days, line.usual_days) for line in lines],
        empty="nobody has been silent for so much longer than usual",
    )
