"""Who may see which mail and note: the one filter inside every query that returns messages or timeline lines.

The system (daemon, administrator at the server) sees everything; a named user sees the mail of accounts that are
shared and of those they own, and private notes that are their own. A message that lies in several mailboxes is visible if
any of them lets it be.
"""

from sqlalchemy import ColumnElement, and_, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, aliased

from mailcrm.model.account import Visibility
from mailcrm.model.rights import Viewer
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.business import ActivityRow
from mailcrm.store.rows.mail import MessageLocation
from mailcrm.store.rows.timeline import Interaction

VIEWERS = 100
"""For so many statements are kept that ask for what a viewer may see."""


def visible_account(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on `Account`: shared ones, and private ones for their owner."""
    if viewer.is_system:
        return true()
    return or_(Account.visibility != Visibility.PRIVATE, Account.owner == viewer.user)


def visible_message(viewer: Viewer, message_id: InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """A condition on a message id column."""
    if viewer.is_system:
        return true()
    return exists(
        select(MessageLocation.message_id)
        .join(Folder, Folder.id == MessageLocation.folder_id)
        .join(Account, Account.id == Folder.account_id)
        .where(MessageLocation.message_id == message_id, visible_account(viewer))
    )


def visible_interaction(viewer: Viewer) -> ColumnElement[bool]:
    """A condition on the timeline: lines with a mail follow it, private notes are their writer's, else everybody's."""
    if viewer.is_system:
        return true()
    follows = visible_message(viewer, Interaction.message_id)  # type: ignore[arg-type]
    note = aliased(ActivityRow)  # by another name: the query around it may read activities, too
    others = exists(
        select(note.interaction_id).where(
            note.interaction_id == Interaction.id, note.private_to != "", note.private_to != viewer.user
        )
    )
    return and_(or_(Interaction.message_id.is_(None), follows), ~others)
