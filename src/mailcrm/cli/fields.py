"""`mailcrm fields`: what a team wants to know of customers besides what every CRM asks."""

from decimal import Decimal, InvalidOperation
from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.errors import UserError
from mailcrm.model.own_field import FieldType, OwnFieldSpec
from mailcrm.model.party import PartyKind

app = typer.Typer(help="Fields of your own, with a type and what may stand in them.", no_args_is_help=True)


@app.command("list")
def list_(
    ctx: typer.Context,
    all_: Annotated[bool, typer.Option("--all", help="Also archived ones.")] = False,
    json: Json = False,
) -> None:
    """All fields of your own. `mailcrm people set WHO x.KEY=VALUE` fills them."""
    from mailcrm.store import own_fields

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        specs = list(own_fields.own_fields(session, archived=all_).values())
    if json:
        print_json(specs)
        return
    rows = [
        (s.name, s.label, s.label_zh, s.type, _rules(s), s.section, "archived" if s.is_archived else "") for s in specs
    ]
    print_table(
        ("field", "label", "中文", "type", "rules", "section", ""), rows,
        empty="no fields of your own yet; `mailcrm fields add budget --label Budget --type number`, or a preset",
    )  # fmt: skip


def _rules(spec: OwnFieldSpec) -> str:
    bounds = f"{'' if spec.least is None else spec.least}..{'' if spec.most is None else spec.most}"
    return ", ".join(
        text
        for text, holds in (
            (" | ".join(spec.options), spec.options),
            (bounds, spec.least is not None or spec.most is not None),
            ("required", spec.required),
            ("sensitive", spec.is_sensitive),
            (f"only a {spec.applies_to}", spec.applies_to),
        )
        if holds
    )


@app.command()
def add(
    ctx: typer.Context,
    key: Annotated[str, typer.Argument(help="Small letters, digits and _.")],
    label: Annotated[str, typer.Option(help="What people see.")],
    label_zh: Annotated[str, typer.Option(help="The same in Chinese.")] = "",
    type_: Annotated[FieldType, typer.Option("--type", help="What it holds.")] = FieldType.TEXT,
    option: Annotated[list[str] | None, typer.Option(help="Of a choice: one of them. Repeat it.")] = None,
    least: Annotated[str, typer.Option(help="The smallest number, or the shortest text.")] = "",
    most: Annotated[str, typer.Option(help="The largest number, or the longest text.")] = "",
    only: Annotated[PartyKind | None, typer.Option(help="Only for people, or only for organisations.")] = None,
    section: Annotated[str, typer.Option(help="Under which heading it is shown.")] = "",
    required: Annotated[bool, typer.Option("--required", help="It may not be emptied.")] = False,
    sensitive: Annotated[
        bool, typer.Option("--sensitive", help="Health, money, faith: masked where nobody asked for it.")
    ] = False,
) -> None:
    """Define a field. No migration, no restart."""
    from mailcrm.service.fields import define_field

    spec = OwnFieldSpec(
        key, label, type_, label_zh, tuple(option or ()), _number(least), _number(most), only, section,
        required=required, is_sensitive=sensitive,
    )  # fmt: skip
    context = context_of(ctx)
    with context.app() as crm:
        new = define_field(crm, context.actor, spec)
    say(
        f"{spec.name} {'can be filled now: mailcrm people set WHO ' + spec.name + '=...' if new else 'was there already'}"
    )


def _number(text: str) -> Decimal | None:
    try:
        return Decimal(text) if text else None
    except InvalidOperation as exc:
        raise UserError(f"{text!r} is not a number") from exc


@app.command()
def archive(ctx: typer.Context, key: str) -> None:
    """Offer it no more. Its values stay, and come back if the field is added again."""
    from mailcrm.service.fields import archive_field

    context = context_of(ctx)
    with context.app() as crm:
        archive_field(crm, context.actor, key)
    say(f"{key} is archived; its values stay")
