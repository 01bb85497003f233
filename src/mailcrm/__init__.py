"""mailcrm: the CRM for teams whose customer relations live in their inbox."""

__version__ = "0.0.1"
