"""`mailcrm preset`: fields and tags for a trade, ready to apply."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say

app = typer.Typer(
    help="Fields and tags for a trade: trade, retail, finance, clinic, school, property.", no_args_is_help=True
)


@app.command("list")
def list_(json: Json = False) -> None:
    """All presets."""
    from mailcrm.model.presets import NAMES, load_preset

    presets = [load_preset(name) for name in NAMES]
    if json:
        print_json(presets)
        return
    rows = [(p.name, p.title, p.title_zh, len(p.fields), sum(map(len, p.tags.values()))) for p in presets]
    print_table(("preset", "for", "中文", "fields", "tags"), rows, empty="")


@app.command()
def show(name: Annotated[str, typer.Argument(help="Its name.")], json: Json = False) -> None:
    """What a preset brings."""
    from mailcrm.model.presets import load_preset

    preset = load_preset(name)
    if json:
        print_json(preset)
        return
    rows = [
        (f.name, f.label, f.label_zh, f.type, " | ".join(f.options), "sensitive" if f.is_sensitive else "")
        for f in preset.fields
    ]
    print_table(
        ("field", "label", "中文", "type", "options", ""), rows, empty="", title=f"{preset.title} {preset.title_zh}"
    )
    print_table(("category", "tags"), [(c, ", ".join(names)) for c, names in preset.tags.items()], empty="")


@app.command()
def apply(ctx: typer.Context, name: Annotated[str, typer.Argument(help="Its name.")]) -> None:
    """Make its fields and tags. What is there already stays as it is; several presets live beside each other."""
    from mailcrm.service.fields import apply_preset

    context = context_of(ctx)
    with context.app() as crm:
        done = apply_preset(crm, context.actor, name)
    say(f"{name}: {done.fields} fields and {done.tags} tags are new, {done.known} were there")
