"""The demo's shell: mailbox -> archive -> customers -> segment -> campaign -> mail server -> events -> archive.

Every step is the product's own: the same sync, sender and public endpoint that `mailcrm run` uses, only the servers at
both ends are inside this process.
"""

import asyncio
import shutil
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from random import Random
from typing import Any

import tomlkit
from rich.console import Console
from rich.progress import Progress

from mailcrm.campaigns.delivery.reconcile import tend_outbox
from mailcrm.campaigns.delivery.send import send_due
from mailcrm.cli.demo.cast import COMPANY, CONTACTS, DOMAIN, HERO, HERO_AT_HOME, US
from mailcrm.cli.demo.mails import sample_mails
from mailcrm.cli.demo.servers import DemoServers
from mailcrm.cli.demo.world import LEAVES, World
from mailcrm.cli.report import print_report
from mailcrm.cli.timeline import print_archive, print_standing, print_timeline
from mailcrm.clock import utc_now
from mailcrm.config import Config, load_config
from mailcrm.errors import UserError
from mailcrm.model.consent import ConsentState
from mailcrm.model.conversation import Waiting
from mailcrm.model.rights import Actor, Viewer
from mailcrm.service.accounts import account_row
from mailcrm.service.app import App
from mailcrm.service.bootstrap import build_app
from mailcrm.service.campaigns import create_draft, look, read_report, start_campaign
from mailcrm.service.consents import Said, record_all
from mailcrm.service.daemon import PublicServer, free_port
from mailcrm.service.merging import explain, review
from mailcrm.service.passes import sync_once
from mailcrm.service.senders import sender_job
from mailcrm.service.status import read_status
from mailcrm.service.upgrade import upgrade_if_embedded
from mailcrm.service.works import transport_of
from mailcrm.store import conversations, edits, parties, people, segments, settings, tags, timeline
from mailcrm.store.secrets import create_keys
from mailcrm.web.app import build_asgi

_MARK = "made-by-mailcrm-demo"
_SECRET = "demo-only"
_ACTOR = Actor.cli("demo")
_ACCOUNT = "sales"
_CAMPAIGN = "Autumn catalogue 秋季目录"
_SEGMENT = "regulars"
_EXPRESSION = "last_contact after 1y and not tag = pause"
_EVIDENCE = "sign-up sheet, spring trade fair, hall 4"
_NO_CONSENT = 6
"""So many customers did not sign up, and therefore get nothing."""


def run_demo(out: Console, folder: Path | None) -> Path:
    """Run the whole river and print it. Returns the folder that holds the demo's configuration and archive."""
    place = _empty(folder)
    started = time.monotonic()
    chance, world = Random(7), World()
    with DemoServers(US.address, _SECRET, world.refuse, world.accept) as servers:
        mails = sample_mails(utc_now(), chance)
        servers.deliver(mails)
        _done(out, f"a mailbox with {len(mails)} mails of half a year, English and Chinese, in {COMPANY}'s name")
        config = _configure(place, servers)
        upgrade_if_embedded(config)
        app = build_app(config)
        try:
            with _public(app):
                _river(out, app, servers, world, chance)
        finally:
            app.store.close()
    out.print(f"\n[green]The whole river took {time.monotonic() - started:.1f} s.[/green] Nothing is left running.")
    _where_next(out, place)
    return place


def _river(out: Console, app: App, servers: DemoServers, world: World, chance: Random) -> None:
    _read(out, app)
    _recognise(out, app)
    _sort(out, app)
    _send(out, app, world)
    _leave(world)
    back = world.comes_back(utc_now(), chance)
    servers.deliver(back)
    _done(out, f"the world answered: {len(back)} mails came back, one person unsubscribed with one click")
    _read(out, app)
    tend_outbox(app.store, timedelta(seconds=app.config.sending.in_doubt_wait_seconds))
    _tell(out, app)


# --- the steps ---------------------------------------------------------------------------------------------------


def _read(out: Console, app: App) -> None:
    """IMAP -> archive -> customers."""
    with Progress(console=out, transient=True) as bar:
        task = bar.add_task("reading the mailbox", total=None)
        report, customers = sync_once(
            app, _ACCOUNT, lambda r: bar.update(task, completed=r.headers, total=r.expected or None)
        )
    archive = read_status(app).archive
    _done(
        out,
        f"read {report.headers} mails by IMAP (EXAMINE and PEEK only): {customers} new customers, "
        f"{archive['candidates']} people only seen, {archive['conversations']} conversations",
    )


def _recognise(out: Console, app: App) -> None:
    """Who is the same customer, and why."""
    with app.store.read() as session:
        both = [parties.get_leaf(session, who.address) for who in (HERO, HERO_AT_HOME)]
        found = explain(session, both[0], both[1])
        waiting = len(review(session, app.clock(), None))
    why = ", ".join(f"{line.what} {line.bits:+.1f}" for line in found.judgement.lines)
    _done(
        out,
        f"{HERO_AT_HOME.name} <{HERO_AT_HOME.address}> is {HERO.name} ({found.judgement.bits:+.1f} bits: {why}); "
        f"{waiting} pair to ask about: mailcrm identity review",
    )


def _sort(out: Console, app: App) -> None:
    """Tags, a segment, recorded consent."""
    with app.store.write(_ACTOR) as session:
        for who in CONTACTS:
            party_id = parties.find_party(session, who.address)
            if party_id is None:
                continue
            tags.add_tag(session, party_id, "中国" if who.language == "zh" else "export", utc_now())
            if who.language == "zh":
                edits.save_patch(session, party_id, {"language": "zh"}, None, utc_now())
        segments.save_segment(session, _SEGMENT, _EXPRESSION, utc_now())
        found = segments.count_segment(session, segments.get_segment(session, _SEGMENT).segment, utc_now())
    said = [Said(who.address, "", utc_now(), _EVIDENCE) for who in CONTACTS[:-_NO_CONSENT]]
    done = record_all(app, _ACTOR, "newsletter", ConsentState.GIVEN, said, source="demo")
    _done(out, f"segment '{_SEGMENT}' ({_EXPRESSION}): {found} customers; {done.changed} of them signed up for news")


def _send(out: Console, app: App, world: World) -> None:
    """Campaign -> frozen recipients -> SMTP."""
    template = files("mailcrm.cli.demo") / "template.html"
    with app.store.write(_ACTOR) as session:
        settings.switch_sending(session, True, utc_now())
    path = app.config.state_dir / "catalogue.html"
    path.write_text(template.read_text("utf-8"), "utf-8")
    create_draft(app, _ACTOR, _CAMPAIGN, path, _SEGMENT, None, "newsletter")
    ready = look(app, _CAMPAIGN)
    count = len(ready.audience.chosen)
    start_campaign(app, _ACTOR, _CAMPAIGN, count, None)
    account = app.account(_ACCOUNT)
    job = sender_job(app, account, account_row(app.store, _ACCOUNT), "demo")
    with Progress(console=out, transient=True) as bar, ThreadPoolExecutor(1) as executor:
        task = bar.add_task("sending", total=count)
        asyncio.run(
            send_due(
                app.store, job, transport_of(app, account), app.clock, executor, stopped=lambda: False, until_idle=True,
                progress=lambda report: bar.update(task, completed=sum(report.events.values())),
            )
        )  # fmt: skip
    _done(
        out,
        f"campaign '{_CAMPAIGN}': {count} recipients frozen, {len(world.arrived)} mails accepted by the mail server",
    )


def _leave(world: World) -> None:
    """What a mailbox provider does when its user clicks 'unsubscribe' (RFC 8058)."""
    if LEAVES in world.arrived:
        request = urllib.request.Request(world.arrived[LEAVES].one_click, b"List-Unsubscribe=One-Click", method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()


def _tell(out: Console, app: App) -> None:
    with app.store.read() as session:
        party_id = parties.get_party(session, HERO.address)
        archive = people.get_archive(session, party_id, Viewer.system())
        waiting = conversations.list_waiting(session, Viewer.system(), Waiting.US, party_id=party_id)
        habits = conversations.select_habits(session, party_id, app.clock())
        lines = timeline.select_timeline(session, party_id, Viewer.system(), limit=12)
    out.rule("the story of one customer")
    print_archive(archive)
    print_standing(waiting, habits, app.clock())
    print_timeline(lines)
    out.rule("the campaign")
    print_report(read_report(app, _CAMPAIGN))


# --- the stage ---------------------------------------------------------------------------------------------------


def _empty(folder: Path | None) -> Path:
    """A folder for the demo. Only what an earlier demo left is ever deleted. Raises UserError."""
    if folder is None:
        folder = Path(tempfile.mkdtemp(prefix="mailcrm-demo-"))
    elif folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not (folder / _MARK).is_file():
            raise UserError(f"{folder} holds something else than an earlier demo; give a new folder")
        shutil.rmtree(folder)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    (folder / _MARK).touch()
    return folder


def _configure(place: Path, servers: DemoServers) -> Config:
    """A configuration like any other; `mailcrm --config` can open it afterwards."""
    state = place / "state"
    state.mkdir(mode=0o700)
    create_keys(state)
    (place / "secret").touch(mode=0o600)
    (place / "secret").write_text(_SECRET, "utf-8")
    loopback = {"host": "127.0.0.1", "security": "none"}
    document: dict[str, Any] = {
        "state": str(state),
        "company": {"name": COMPANY, "domains": [DOMAIN]},
        "public": {"port": (port := free_port("127.0.0.1")), "base_url": f"http://127.0.0.1:{port}"},
        "accounts": [
            {
                "name": _ACCOUNT,
                "address": US.address,
                "secret": {"file": str(place / "secret")},
                "imap": {**loopback, "port": servers.imap_port},
                "smtp": {**loopback, "port": servers.smtp_port},
                "initial": {"capture": "all", "visibility": "team", "customer_when": "replied"},
                "sending": {"from_name": f"{US.name}, {COMPANY}", "connections": 4},
            }
        ],
    }
    path = place / "mailcrm.toml"
    path.write_text(tomlkit.dumps(document), "utf-8")
    return load_config(path)


@contextmanager
def _public(app: App) -> Iterator[None]:
    server = PublicServer(app, build_asgi(app))
    server.start()
    try:
        yield
    finally:
        server.stop()


def _done(out: Console, text: str) -> None:
    out.print(f"[green]✔[/green] {text}", soft_wrap=True)


def _where_next(out: Console, place: Path) -> None:
    config = place / "mailcrm.toml"
    out.print("\nLook around in the demo's archive:")
    for command in (
        "people list",
        f"people show {HERO.address}",
        "identity review",
        f"identity explain {HERO.address} {HERO_AT_HOME.address}",
        "segments show 'tag = export and last_in before 30d'",
        f"campaigns report '{_CAMPAIGN}' --recipients",
        "status",
    ):
        out.print(f"  mailcrm --config {config} {command}", markup=False, soft_wrap=True)
    out.print(
        f"\nThen start with your own mailbox: mailcrm init      (the demo is in {place}; delete it when you like)",
        markup=False,
        soft_wrap=True,
    )
