"""The jobs of the clock: a name, when it is due, and a plain function that may run twice without harm."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event

from apscheduler.triggers.cron import CronTrigger

from mailcrm.campaigns.delivery.reconcile import tend_outbox
from mailcrm.log import get_logger
from mailcrm.model.rights import Actor
from mailcrm.service.app import App
from mailcrm.service.consequences import draw_consequences
from mailcrm.service.documents import read_attachments
from mailcrm.service.forms import KEPT_DROPPED, file_waiting
from mailcrm.service.leases import Claim, Work
from mailcrm.service.reindex import index_waiting, merge_index
from mailcrm.service.rejudging import rescore
from mailcrm.store import blobs, submissions
from mailcrm.store.partial import sweep_partials

_ACTOR = Actor.system("clock")
_ORPHAN_AGE = timedelta(days=1)
_UNFINISHED_AGE = timedelta(days=7)
"""A message of which no more came for so long is fetched from its beginning."""

_log = get_logger("mailcrm.jobs")


@dataclass(frozen=True)
class Job:
    """Standing jobs run every `seconds` (sooner when `event` is set) on one lease; scheduled ones when cron says."""

    name: str
    run: Callable[[App], None]
    seconds: float = 0
    event: Callable[[App], Event] | None = None
    cron: CronTrigger | None = None


def resolve(app: App) -> None:
    """Who is a customer now, under which name, and how conversations stand."""
    app.signals.filed.clear()
    activated = draw_consequences(app.store, app.clock)
    if activated:
        _log.info("new customers", count=activated)


def outbox(app: App) -> None:
    """Dead senders' rows, doubts, starts that are due, ends."""
    tended = tend_outbox(app.store, timedelta(seconds=app.config.sending.in_doubt_wait_seconds))
    for name in tended.started:
        _log.info("campaign started", campaign=name)
    for name in tended.finished:
        _log.info("campaign finished", campaign=name)
    if tended.doubtful or tended.unknown:
        _log.warning("recipients in doubt", new=tended.doubtful, unknown=tended.unknown)


def sweep(app: App) -> None:
    """Bytes that nothing names any more, and what came in by forms and was not wanted."""
    before = (app.clock() - _ORPHAN_AGE).timestamp()
    with app.store.write(_ACTOR) as session:
        rows, files = blobs.sweep(session, app.store.blob_dir, before)
        submissions.forget_dropped(session, app.clock() - KEPT_DROPPED)
    files += sweep_partials(app.store.blob_dir, (app.clock() - _UNFINISHED_AGE).timestamp())
    if rows or files:
        _log.info("blobs swept", rows=rows, files=files)


def search(app: App) -> None:
    """Mail whose body is late is found by its header, and attachments by what they say."""
    index_waiting(app.store)
    count = read_attachments(app)
    if count:
        _log.info("attachments read", count=count)


def forms(app: App) -> None:
    """What was received and not filed, since something went wrong in between."""
    count = file_waiting(app)
    if count:
        _log.info("submissions filed late", count=count)


def tidy(app: App) -> None:
    """The search index in one piece."""
    steps = merge_index(app.store)
    if steps:
        _log.info("search index merged", steps=steps)


def identity(app: App) -> None:
    """Whom others make more or less likely to be the same customer."""
    count = rescore(app.store, app.clock)
    if count:
        _log.info("parties compared again", count=count)


JOBS = (
    Job("resolve", resolve, seconds=5, event=lambda app: app.signals.filed),
    Job("outbox", outbox, seconds=2),
    Job("search", search, seconds=60),
    Job("forms", forms, seconds=60),
    Job("sweep", sweep, cron=CronTrigger(hour=3, minute=17, timezone="UTC")),
    Job("identity", identity, cron=CronTrigger(hour=2, minute=47, timezone="UTC")),
    Job("tidy", tidy, cron=CronTrigger(hour=3, minute=47, timezone="UTC")),
)


def clock_works(app: App) -> list[Work]:
    """The jobs as standing work."""
    return [_work(app, job) for job in JOBS]


def _work(app: App, job: Job) -> Work:
    def stand(claim: Claim) -> timedelta:
        while claim.ok():
            job.run(app)
            claim.pause(job.seconds, job.event(app) if job.event else None)
        return timedelta(0)

    def once(_claim: Claim) -> timedelta:
        job.run(app)
        return next_due(job, app.clock()) - app.clock()

    return Work(f"job:{job.name}", "job", once if job.cron else stand)


def next_due(job: Job, now: datetime) -> datetime:
    """When a scheduled job is due after `now` (UTC)."""
    assert job.cron is not None
    due: datetime | None = job.cron.get_next_fire_time(None, now)
    return due or now + timedelta(days=1)
