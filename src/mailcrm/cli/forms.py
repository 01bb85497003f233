"""`mailcrm forms`: public forms on a web site, and what came in by them."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say, warn
from mailcrm.model.form import FormState, Judged, SubmissionState

app = typer.Typer(help="Public forms on your web site, and what came in by them.", no_args_is_help=True)

_NONE = "no forms yet; `mailcrm forms add FILE.toml` makes one, docs/forms.md has a ready one"
_NOTHING = "nothing came in"

Key = Annotated[str, typer.Argument(help="The key of the form, as `list` shows it.")]
Ids = Annotated[list[int], typer.Argument(help="Their numbers, as `submissions` and `held` show them.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="How many to show.")]
OfForm = Annotated[str | None, typer.Option("--form", help="Of this form only.")]


@app.command()
def add(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="TOML; config/forms/contact.toml is a ready one.", dir_okay=False)],
    replace: Annotated[bool, typer.Option(help="Change the form of the same key.")] = False,
) -> None:
    """Put a form on the web, open from now on."""
    from mailcrm.errors import UserError
    from mailcrm.model.form_file import parse_form
    from mailcrm.store import audit, forms

    try:
        spec = parse_form(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise UserError(f"{file} cannot be read: {exc}") from exc
    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        is_new = forms.save_form(session, spec, crm.clock(), replace=replace)
        audit.append_audit(session, "form.add" if is_new else "form.change", f"form:{spec.key}", crm.clock())
        url = _url(crm, spec.key)
    say(f"form {spec.key!r} {'is open' if is_new else 'was changed'}: {url}")


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All forms, with how much is in the archive by them, and how much waits for you."""
    from mailcrm.store import forms

    with context_of(ctx).app() as crm, crm.store.read() as session:
        lines = forms.list_forms(session)
    if json:
        print_json(lines)
        return
    rows = [(line.key, line.title, line.state, line.filed, line.held, line.created_at) for line in lines]
    print_table(("form", "title", "state", "filed", "held", "since"), rows, empty=_NONE)


@app.command()
def show(ctx: typer.Context, key: Key, json: Json = False) -> None:
    """What a form asks, and what each answer becomes."""
    from mailcrm.store import forms

    with context_of(ctx).app() as crm, crm.store.read() as session:
        form = forms.get_form(session, key)
        url = _url(crm, key)
    if json:
        print_json({"url": url, "form": form})
        return
    spec = form.spec
    say(f"{spec.key}: {spec.title.in_('en')} ({form.state.value}, version {form.row_version})", style="bold")
    say(url)
    rows = [
        (each.key, each.kind, each.label.en, each.label.zh, "yes" if each.required else "", ", ".join(each.values))
        for each in spec.fields
    ]
    print_table(("field", "type", "label", "Chinese", "required", "options"), rows, empty="")
    if spec.newsletter:
        say(f"newsletter: {spec.purpose}, wording {spec.text_version or 'without a version'}")
    say(f"may stand in frames of: {', '.join(spec.origins) or 'no other site'}")


@app.command()
def url(ctx: typer.Context, key: Key) -> None:
    """The address of a form."""
    from mailcrm.store import forms

    with context_of(ctx).app() as crm:
        with crm.store.read() as session:
            forms.get_form(session, key)
        say(_url(crm, key))
        if crm.config.public.base_url is None:
            warn("only this machine can reach it: set public.base_url in the configuration")


@app.command()
def embed(
    ctx: typer.Context,
    key: Key,
    link: Annotated[bool, typer.Option("--link", help="A link to the page, without a frame.")] = False,
) -> None:
    """The HTML to put into your web site."""
    from mailcrm.service.form_embedding import framed, linked
    from mailcrm.store import forms

    with context_of(ctx).app() as crm, crm.store.read() as session:
        spec = forms.get_form(session, key).spec
        address = _url(crm, key)
    say(linked(spec, address) if link else framed(spec, address))
    if not link and not spec.origins:
        warn(f'no site may show it in a frame yet: add origins = ["https://www.your-site.example"] to {key}')


def _url(crm: Any, key: str) -> str:
    from mailcrm.service.form_embedding import address_of

    return address_of(crm.config.public, key)


@app.command()
def close(ctx: typer.Context, key: Key) -> None:
    """Take nothing more; what came in stays."""
    _switch(ctx, key, FormState.CLOSED)


@app.command("open")
def open_(ctx: typer.Context, key: Key) -> None:
    """Take submissions again."""
    _switch(ctx, key, FormState.OPEN)


def _switch(ctx: typer.Context, key: str, state: FormState) -> None:
    from mailcrm.store import audit, forms

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        changed = forms.switch_form(session, key, state)
        if changed:
            audit.append_audit(session, f"form.{state.value}", f"form:{key}", crm.clock())
    say(f"form {key!r} {'is' if changed else 'was already'} {state.value}")


# --- what came in ------------------------------------------------------------------------------------------------


@app.command()
def submissions(
    ctx: typer.Context,
    form: OfForm = None,
    asked: Annotated[bool, typer.Option("--asked", help="Only those that asked for the newsletter.")] = False,
    dropped: Annotated[
        bool, typer.Option("--dropped", help="Only spam and what was dropped, kept for 30 days.")
    ] = False,
    limit: Limit = 50,
    json: Json = False,
) -> None:
    """What came in, the newest first. Asking for the newsletter is no consent to it."""
    state = SubmissionState.DROPPED if dropped else None
    _list(ctx, json, _NOTHING, form=form, state=state, asked=asked, limit=limit)


@app.command()
def read(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Its number, as `submissions` and `held` show it.")],
    json: Json = False,
) -> None:
    """One submission, whole."""
    from mailcrm.model.text import for_terminal
    from mailcrm.store import submissions as kept

    with context_of(ctx).app() as crm, crm.store.read() as session:
        found = kept.get_submission(session, number)
    if json:
        print_json(found)
        return
    why = f" ({found.reasons})" if found.reasons else ""
    say(f"{found.form} {found.at.astimezone():%Y-%m-%d %H:%M}: {found.judged.value}{why}, {found.state.value}", "bold")
    for key, value in found.answers.items():
        say(f"{key}: {for_terminal(value)}")
    if found.asked:
        say(
            f"asked for the newsletter (wording {found.text_version or 'without a version'}): {for_terminal(found.asked)}"
        )


@app.command()
def held(ctx: typer.Context, form: OfForm = None, limit: Limit = 50, json: Json = False) -> None:
    """What waits for you, with the reason: release it, or drop it."""
    waiting = {"state": SubmissionState.NEW, "judged": Judged.HELD}
    _list(ctx, json, "nothing waits", form=form, limit=limit, **waiting)


def _list(ctx: typer.Context, json: bool, empty: str, **which: Any) -> None:
    from mailcrm.store import forms
    from mailcrm.store import submissions as kept

    with context_of(ctx).app() as crm, crm.store.read() as session:
        if which["form"]:
            forms.get_form(session, which["form"])
        found = kept.list_submissions(session, **which)
    if json:
        print_json(found)
        return
    rows = [
        (
            each.id, each.at, each.form, each.answers.get("email", ""), _begin(each.answers), each.state,
            "yes" if each.trusted_at else "", "asked" if each.asked else "", each.reasons,
        )
        for each in found
    ]  # fmt: skip
    columns = ("number", "at", "form", "email", "message", "state", "trusted", "newsletter", "reasons")
    print_table(columns, rows, empty=empty)


def _begin(answers: Any) -> str:
    text = " ".join(answers.get("message", "").split())
    return text if len(text) <= 60 else f"{text[:59]}…"


@app.command()
def release(
    ctx: typer.Context,
    numbers: Ids,
    trust: Annotated[
        bool, typer.Option("--trust", help="Let what they say count, and be more than suggestions.")
    ] = False,
) -> None:
    """File held or dropped submissions after all.

    What a form says of a customer are suggestions, since anybody can type anybody's address. --trust when you know that
    it was they: then their values count, but never over what you entered yourself.
    """
    from mailcrm.service import forms

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        by = str(context.actor)
        changed = sum(
            forms.release(session, crm.own, number, crm.clock(), by=by, trust=trust)
            for number in dict.fromkeys(numbers)
        )
    say(f"{changed} of {len(dict.fromkeys(numbers))} released{' and trusted' if trust else ''}")


@app.command()
def drop(ctx: typer.Context, numbers: Ids) -> None:
    """Throw held submissions away; they can still be released for 30 days."""
    from mailcrm.service import forms

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        changed = sum(forms.drop(session, number, crm.clock()) for number in dict.fromkeys(numbers))
    say(f"{changed} of {len(dict.fromkeys(numbers))} dropped; what is in the archive already stays")
