"""Messages of the open folder without their attachments: what the server says of their parts, then the parts that matter."""

from collections.abc import Iterator, Sequence

from mailcrm.ingest.imap.mailbox import Mailbox
from mailcrm.ingest.imap.structure import outline
from mailcrm.ingest.mail.skeleton import Skeleton, build, left_behind, sections_of


def fetch_lean(mailbox: Mailbox, uids: Sequence[int]) -> Iterator[tuple[int, Skeleton]]:
    """Those of `uids` that have attachments and can be had without them, as they arrive.

    The others are to be fetched whole: they have none, or what the server says of their parts is odd. Raises what
    Mailbox raises.
    """
    plans = {}
    for uid, value in mailbox.structures(uids):
        root = outline(value)
        if root is not None and (left := left_behind(root)):
            plans[uid] = root, left
    for uid, pieces in mailbox.fetch_sections({uid: sections_of(*plan) for uid, plan in plans.items()}):
        skeleton = build(*plans[uid], pieces)
        if skeleton is not None:
            yield uid, skeleton
