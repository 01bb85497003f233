"""`mailcrm accounts`: the mailboxes that are read, and what is kept of them."""

from typing import Annotated

import typer

from mailcrm.cli.context import Json, context_of, print_json, print_table, say
from mailcrm.cli.init import add_account
from mailcrm.model.account import AccountPolicy, Capture, CustomerWhen, Visibility
from mailcrm.model.folder import FolderRole

app = typer.Typer(help="Mailboxes: what is read, who sees it, what went wrong.", no_args_is_help=True)

_NEXT = "no accounts; `mailcrm accounts add` adds one"

_LEVELS = (Capture.METADATA, Capture.SUBJECT, Capture.ALL)

app.command("add")(add_account)


@app.command("list")
def list_(ctx: typer.Context, json: Json = False) -> None:
    """All accounts with their policy and state."""
    from mailcrm.store import sync_state

    with context_of(ctx).app() as crm, crm.store.read() as session:
        rows = sync_state.list_accounts(session)
    if json:
        print_json(rows)
        return
    print_table(
        ("name", "address", "state", "keeps", "seen by", "customer when", "last complete", "problem"),
        [
            (
                r.name, r.address, r.state, r.policy.capture, r.policy.owner or r.policy.visibility,
                r.policy.customer_when, r.last_ok_at, r.last_error.partition("\n")[0],
            )
            for r in rows
        ],
        empty=_NEXT,
    )  # fmt: skip


@app.command("set")
def set_(
    ctx: typer.Context,
    name: str,
    capture: Annotated[Capture | None, typer.Option(help="How much of each mail is kept.")] = None,
    visibility: Annotated[Visibility | None, typer.Option(help="Who may see its mail.")] = None,
    customer_when: Annotated[CustomerWhen | None, typer.Option(help="When a correspondent becomes a customer.")] = None,
    owner: Annotated[str | None, typer.Option(help="Whose mailbox it is.")] = None,
) -> None:
    """Change what is kept of an account's mail, who sees it, and who becomes a customer."""
    from mailcrm.store import audit, sync_state

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        row = sync_state.get_account(session, name)
        old = row.policy
        policy = AccountPolicy(
            capture or old.capture, visibility or old.visibility, customer_when or old.customer_when, owner or old.owner
        )
        sync_state.set_policy(session, row.id, policy)
        audit.append_audit(
            session, "account.policy", f"account:{row.id}", crm.clock(), capture=policy.capture.value,
            visibility=policy.visibility.value, customer_when=policy.customer_when.value,
        )  # fmt: skip
    say(f"{name}: keeps {policy.capture}, seen by {policy.visibility}, customer when {policy.customer_when}")
    if _LEVELS.index(policy.capture) > _LEVELS.index(old.capture):
        say("What is missing of the mail read before comes with the next passes.")
    elif policy.capture != old.capture:
        say("This holds for mail that is read from now on; what is stored stays.")


@app.command("sign-in")
def sign_in(
    ctx: typer.Context,
    name: str,
    paste: Annotated[bool, typer.Option("--paste", help="The browser runs on another machine.")] = False,
    device: Annotated[bool, typer.Option("--device", help="By a code on another device (Microsoft).")] = False,
) -> None:
    """Sign in to a mailbox in the browser (OAuth), where accounts.oauth is configured."""
    from mailcrm.cli.oauth import sign_in_to

    sign_in_to(context_of(ctx), name, paste=paste, device=device)


@app.command()
def resume(ctx: typer.Context, name: str) -> None:
    """Try a parked account again, after you fixed what was wrong."""
    from mailcrm.service.accounts import resume_account

    context = context_of(ctx)
    with context.app() as crm:
        resume_account(crm, context.actor, name)
    say(f"{name}: a running daemon tries again at once")


@app.command()
def retry(ctx: typer.Context, name: str) -> None:
    """Ask once more for mail that the server listed but did not give."""
    from mailcrm.store import quarantine, sync_state

    context = context_of(ctx)
    with context.app() as crm, crm.store.write(context.actor) as session:
        count = quarantine.retry_all(session, sync_state.get_account(session, name).id, crm.clock())
    say(
        f"{name}: asks again for {count} mail{'s' if count != 1 else ''} in the next pass"
        if count
        else f"{name}: no mail is missing"
    )


@app.command()
def folders(ctx: typer.Context, json: Json = False) -> None:
    """Every folder: what the server holds, what is stored, left out, or could not be read; also what was imported."""
    from mailcrm.store import coverage

    with context_of(ctx).app() as crm, crm.store.read() as session:
        rows = coverage.count_folders(session)
    if json:
        print_json(rows)
        return
    print_table(
        ("account", "folder", "role", "server", "stored", "left out", "quarantined", "bodies to come", "last complete"),
        [
            (
                r.account,
                r.folder,
                r.role,
                None if r.role == FolderRole.IMPORT else r.server,
                r.stored,
                r.skipped,
                r.quarantined,
                r.pending,
                r.last_ok_at,
            )
            for r in rows
        ],
        empty="no folders yet; `mailcrm sync --once` reads the mailboxes",
    )


@app.command()
def problems(ctx: typer.Context, json: Json = False) -> None:
    """Mail that is kept but could not be understood, with the reason."""
    from mailcrm.store import coverage

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        rows = coverage.list_problems(session, context.viewer)
    if json:
        print_json(rows)
        return
    print_table(
        ("account", "folder", "uid", "subject", "reason"),
        [(r.account, r.folder, r.uid, r.subject, r.reason) for r in rows],
        empty="nothing: every mail could be read",
    )
    if rows:
        say("Is the server in order again? Then: mailcrm accounts retry NAME. Was a file mended? Then import it again.")


@app.command("left-out")
def left_out(
    ctx: typer.Context,
    name: str,
    limit: Annotated[int, typer.Option(min=1, help="How many of them are listed, the newest first.")] = 20,
    json: Json = False,
) -> None:
    """What the rules of an account left out: how many mails by which rule, and which. Their content was never stored."""
    from mailcrm.store import left_out, sync_state

    context = context_of(ctx)
    with context.app() as crm, crm.store.read(context.viewer) as session:
        sync_state.get_account(session, name)
        counts = left_out.count_left_out(session, context.viewer, name)
        mails = left_out.list_left_out(session, context.viewer, name, limit)
    total = sum(count.mails for count in counts)
    if json:
        print_json({"account": name, "total": total, "rules": counts, "mails": mails})
        return
    print_table(
        ("folder", "rule", "mails", "from", "to"),
        [(c.folder, c.rule, c.mails, c.first_at, c.last_at) for c in counts],
        empty=f"{name}: no mail was left out",
    )
    if mails:
        title = f"the newest {len(mails)} of {total}" if len(mails) < total else None
        rows = [(mail.arrived_at, mail.folder, mail.uid, mail.rule) for mail in mails]
        print_table(("arrived", "folder", "uid", "rule"), rows, empty="", title=title)
        say("Another rule (since, never_log, leave_out_folders) holds from the next pass on, for these as well.")
