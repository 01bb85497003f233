"""All tables at once, for what is about the whole schema."""

from mailcrm.store.rows import account, audit, campaign, consent, mail, party, service, sighting, timeline
from mailcrm.store.rows.base import Base

__all__ = ["Base", "account", "audit", "campaign", "consent", "mail", "party", "service", "sighting", "timeline"]
