"""Who may see which mail: the one filter inside every query that returns messages or timeline lines.

The system (daemon, administrator at the server) sees everything; a named user sees the mail of accounts that are
shared and of those they own. A message that lies in several mailboxes is visible if any of them lets it be.
"""

from sqlalchemy import ColumnElement, exists, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from mailcrm.model.account import Visibility
from mailcrm.model.rights import Viewer
from mailcrm.store.rows.account import Account, Folder
from mailcrm.store.rows.mail import MessageLocation
from mailcrm.store.rows.timeline import Interaction


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
    """A condition on the timeline: lines without a mail are everybody's, lines with one follow the mail."""
    if viewer.is_system:
        return true()
    follows = visible_message(viewer, Interaction.message_id)  # type: ignore[arg-type]
    return or_(Interaction.message_id.is_(None), follows)
