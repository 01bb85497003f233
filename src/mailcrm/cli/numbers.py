"""`mailcrm numbers`: what customers are called by number, here and elsewhere."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say

app = typer.Typer(help="Numbers of customers: ours, former ones, and those of other systems.", no_args_is_help=True)

Customer = Annotated[str, typer.Argument(help="A number, old or new, an e-mail address, or an id (46).")]


@app.command()
def show(ctx: typer.Context, customer: Customer, json: Json = False) -> None:
    """All numbers that find a customer, those of merged ones, too."""
    from mailcrm.store import numbers, parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        party_id = parties.get_party(session, customer)
        found = numbers.numbers_of(session, [party_id]).get(party_id, [])
    if json:
        print_json(found)
        return
    rows = [(each.number, each.kind, each.system, each.since) for each in found]
    print_table(("number", "kind", "system", "since"), rows, empty="no number yet: this one was only seen in mail")


@app.command()
def learn(
    ctx: typer.Context,
    customer: Customer,
    number: Annotated[str, typer.Argument(help="The number that shall find the customer, too.")],
    system: Annotated[
        str, typer.Option(help="Where the number comes from, e.g. sap; without it: from us, formerly.")
    ] = "",
) -> None:
    """Let a number of another system, or a former one of ours, find a customer for ever."""
    from mailcrm.store import numbers, parties

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        leaf = parties.get_leaf(session, customer)
        new = numbers.learn_number(session, leaf, number, crm.clock(), system=system)
    say(f"{number} finds {customer} now" if new else f"{number} finds {customer} already")
