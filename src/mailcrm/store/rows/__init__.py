"""The tables. Rows carry no behaviour and never leave the store; values from `model` do."""

from mailcrm.store.rows import audit, campaign, consent, mail, party, service, sighting, timeline
from mailcrm.store.rows.base import Base

__all__ = ["Base", "audit", "campaign", "consent", "mail", "party", "service", "sighting", "timeline"]
