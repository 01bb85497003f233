"""Decides what the facts of an account mean, in plain words, and what is to be done."""

from collections.abc import Iterator
from datetime import timedelta

from mailcrm.ingest.imap.doctor.facts import REFUSALS, Facts, Finding, FolderSeen, Severity, Step, Trouble
from mailcrm.ingest.imap.doctor.refusals import explain
from mailcrm.ingest.imap.doctor.way import way
from mailcrm.model.folder import FolderRole
from mailcrm.model.provider import EXPIRY_DAYS

_CLOCK_SLACK = timedelta(minutes=5)
_NOT_READ = {FolderRole.DRAFTS, FolderRole.TRASH, FolderRole.JUNK}


def diagnose(facts: Facts) -> list[Finding]:
    """All that there is to say, in the order in which one thing needs the other."""
    return [*_standing(facts), *way(facts), *_login(facts), *_folders(facts), *_inbox(facts), *_clock(facts)]


# --- what is known without asking anybody -------------------------------------------------------------------------


def _standing(facts: Facts) -> Iterator[Finding]:
    if facts.parked:
        yield Finding(
            Severity.ERROR,
            "account",
            f"the mailbox is parked: {facts.parked}",
            "it is not read until somebody says that the cause is gone",
            f"correct it, then run: mailcrm accounts resume {facts.account}",
        )
    if facts.expires is not None:
        yield from _expiry(facts)
    if facts.trouble is not None and facts.trouble.step is Step.SECRET:
        means = "the mail server was not contacted, since there is nothing to log in with"
        step = f"run: mailcrm accounts sign-in {facts.account}" if facts.oauth else "run: mailcrm check"
        yield Finding(Severity.ERROR, "secret", facts.trouble.text, means, step)


def _expiry(facts: Facts) -> Iterator[Finding]:
    assert facts.expires is not None
    left = (facts.expires - facts.now.date()).days
    where = facts.provider.code_where[0] if facts.provider is not None else ""
    renew = f"make a new one{f': {where}' if where else ''}; then change the secret and secret_expires"
    if left < 0:
        means = "the server takes it no longer, or secret_expires was not changed with the secret"
        yield Finding(Severity.ERROR, "secret", f"the code expired on {facts.expires}", means, renew)
    elif left <= EXPIRY_DAYS:
        days = "today" if left == 0 else "tomorrow" if left == 1 else f"in {left} days, on {facts.expires}"
        yield Finding(Severity.WARNING, "secret", f"the code expires {days}", "from then on nothing is read", renew)
    else:
        yield Finding(Severity.OK, "secret", f"the code is good until {facts.expires}")


# --- the mailbox -------------------------------------------------------------------------------------------------


def _login(facts: Facts) -> Iterator[Finding]:
    trouble = facts.trouble
    if trouble is not None and trouble.step is Step.LOGIN:
        yield _no_login(facts, trouble)
    elif facts.after:
        named = " ".join(facts.server_id[key] for key in ("name", "version") if facts.server_id.get(key))[:60]
        says = f"; the server says it is {named}" if named else ""
        yield Finding(Severity.OK, "login", f"signed in as {facts.user}{says}")


def _no_login(facts: Facts, trouble: Trouble) -> Finding:
    if trouble.error in REFUSALS:
        refusal = explain(facts, trouble.text)
        return Finding(Severity.ERROR, "login", trouble.text, refusal.means, refusal.next)
    return _interrupted(trouble, "login")


def _interrupted(trouble: Trouble, topic: str) -> Finding:
    if trouble.error == "Throttled":
        means = "the provider limits how often or how much is asked; the login may well be right"
        wait = "wait a quarter of an hour; stop other programs that read this mailbox; the daemon waits by itself"
        return Finding(Severity.WARNING, topic, trouble.text, means, wait)
    if trouble.error == "CommandRefused":
        means = "the login works, and the server refuses this one thing"
        fix = "see whether the web mail shows the folder; else ask the administrator of the server what its words mean"
        return Finding(Severity.ERROR, topic, trouble.text, means, fix)
    means = "the server took the connection, and then did not go on"
    return Finding(Severity.ERROR, topic, trouble.text, means, "run this again; if it lasts, ask the provider")


def _folders(facts: Facts) -> Iterator[Finding]:
    if facts.trouble is not None and facts.trouble.step is Step.FOLDERS:
        yield _closed(facts, facts.trouble, "folders")
    if not facts.passed(Step.FOLDERS):
        return
    known = [folder for folder in facts.folders if folder.role is not FolderRole.OTHER]
    named = [_in_words(folder) for folder in sorted(known, key=lambda each: list(FolderRole).index(each.role))]
    count = "1 folder" if len(facts.folders) == 1 else f"{len(facts.folders)} folders"
    yield Finding(Severity.OK, "folders", f"{count}: {', '.join(named) or 'none with a known purpose'}")
    yield from _missing(facts, {folder.role for folder in facts.folders})


def _in_words(folder: FolderSeen) -> str:
    if folder.role is FolderRole.INBOX:
        return folder.name
    how = "by its flag" if folder.flagged else "by its name"
    left = ", not read" if folder.role in _NOT_READ else ""
    return f"{folder.name} = {folder.role} ({how}{left})"


def _missing(facts: Facts, roles: set[FolderRole]) -> Iterator[Finding]:
    gmail = "X-GM-EXT-1" in facts.after
    if FolderRole.INBOX not in roles:
        fix = "does the login belong to this mailbox? Ask the administrator of the server"
        yield Finding(Severity.ERROR, "folders", "the server shows no INBOX", "new mail cannot be read", fix)
    if gmail and FolderRole.ALL not in roles:
        yield Finding(
            Severity.WARNING,
            "folders",
            "Gmail does not show 'All Mail'",
            "archived mail without a label is invisible to mailcrm, and mail with several labels is listed several times",
            "Gmail > Settings > Labels > All Mail: tick 'Show in IMAP'",
        )
    if FolderRole.SENT not in roles and FolderRole.ALL not in roles:
        fix = "Gmail > Settings > Labels > Sent Mail: tick 'Show in IMAP'" if gmail else (
            "in the web mail, let sent mail be kept, and its folder be shown to mail programs"
        )  # fmt: skip
        means = "what you wrote is not read, so conversations look as if nobody had answered"
        yield Finding(Severity.WARNING, "folders", "no folder of sent mail is shown", means, fix)


def _inbox(facts: Facts) -> Iterator[Finding]:
    if facts.trouble is not None and facts.trouble.step is Step.INBOX:
        yield _closed(facts, facts.trouble, "inbox")
    if facts.inbox is None:
        return
    mails = "1 mail" if facts.inbox.exists == 1 else f"{facts.inbox.exists:,} mails"
    yield Finding(Severity.OK, "inbox", f"INBOX can be opened for reading, with {mails}")
    if facts.inbox.uidnext is None:
        means = "harmless: the last mail is asked for its number instead"
        yield Finding(
            Severity.NOTE, "inbox", "the server does not say which number the next mail gets (UIDNEXT)", means
        )
    if facts.inbox.highestmodseq is None and {"CONDSTORE", "QRESYNC"} & facts.after:
        means = "changes of flags and deletions in it are found by looking, not by asking what changed"
        yield Finding(Severity.NOTE, "inbox", "the server keeps no mod-sequence for INBOX", means)


def _closed(facts: Facts, trouble: Trouble, topic: str) -> Finding:
    """Signed in, but the mailbox stays closed."""
    said = trouble.text.lower()
    if "unsafe login" in said:
        means = "the provider lets mail programs in, but shows them nothing until the mailbox's owner confirms them"
        fix = "sign in to the web mail, confirm its security notice or make a new authorization code there"
        return Finding(Severity.ERROR, topic, trouble.text, means, fix)
    if "authenticated but not connected" in said:
        means = (
            "the login is right, but there is no mailbox behind it: IMAP is switched off for it, it is another user's, "
            "the login has no licence or consent for IMAP, or it is being moved"
        )
        fix = (
            f"is {facts.user} the mailbox's own address? Then let the administrator allow IMAP for it (Exchange admin "
            "center > Mailboxes > Email apps > IMAP), and wait an hour"
        )
        return Finding(Severity.ERROR, topic, trouble.text, means, fix)
    return _interrupted(trouble, topic)


# --- the clock ---------------------------------------------------------------------------------------------------


def _clock(facts: Facts) -> Iterator[Finding]:
    """IMAP tells no time. But no mail arrives in the future: what looks like it says that this clock is slow."""
    if facts.newest is None:
        return
    ahead = facts.newest - facts.now
    if ahead > _CLOCK_SLACK:
        yield Finding(
            Severity.WARNING,
            "clock",
            f"a mail in INBOX arrived {span(ahead)} in the future, by this machine's clock ({facts.now:%Y-%m-%d %H:%M} UTC)",
            "this clock is slow by at least that, or the server's is fast, or a program filed the mail with a false date",
            "compare with a clock you trust, and switch on time synchronisation: timedatectl set-ntp true",
        )
    else:
        text = f"the newest mail in INBOX arrived {span(-ahead)} ago by this clock, so nothing says that it is wrong"
        yield Finding(Severity.OK, "clock", f"{text} (of one that is ahead nothing would)")


def span(time: timedelta) -> str:
    """A duration in its largest unit: 3 days, 1 hour, 0 minutes."""
    seconds = max(0, int(time.total_seconds()))
    for word, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length or word == "minute":
            break
    count = seconds // length
    return f"{count:,} {word}" if count == 1 else f"{count:,} {word}s"
