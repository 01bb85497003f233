"""What one pass over an account is given, and what it says of itself."""

from dataclasses import dataclass, field

from mailcrm.ingest.capture import CaptureRules
from mailcrm.model.address import OwnAddresses
from mailcrm.model.token import LinkKeys


@dataclass(frozen=True, slots=True)
class SyncJob:
    """What a pass needs to know of its account. Sizes are in messages and bytes."""

    account_id: int
    own: OwnAddresses
    links: LinkKeys
    rules: CaptureRules
    leave_out: tuple[str, ...] = ()
    batch_messages: int = 200
    batch_bytes: int = 8 * 1024 * 1024
    live_limit: int = 50

    @property
    def judged_by(self) -> int:
        """What tells these rules from others; never 0. Folders that are left out are labels at Gmail."""
        return self.rules.fingerprint(self.rules.attachments.value, *self.leave_out) or 1


@dataclass
class PassReport:
    """What a pass did, counted while it runs. `counts` is the number of mails on the server by folder id.

    `paused`: old mail is left for tomorrow, today's budget of bytes is spent.

    `ended`: it looked into every folder, and was not stopped. `complete`: moreover no folder failed and no mail is still
    to come.
    """

    folders: int = 0
    unchanged: int = 0
    headers: int = 0
    bodies: int = 0
    body_bytes: int = 0
    skipped: int = 0
    quarantined: int = 0
    expected: int = 0
    ended: bool = False
    complete: bool = False
    paused: bool = False
    counts: dict[int, int] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
