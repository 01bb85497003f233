"""What the exports of well-known programs call their columns: tables of data, found again by their headings."""

from collections.abc import Sequence

from mailcrm.exchange.presets import chinese, contacts, hubspot, salesforce, zoho
from mailcrm.exchange.presets.preset import Preset

PRESETS: tuple[Preset, ...] = (
    *hubspot.PRESETS, *salesforce.PRESETS, *zoho.PRESETS, *contacts.PRESETS, *chinese.PRESETS,
)  # fmt: skip


def detect(headings: Sequence[str]) -> Preset | None:
    """Whose export has these columns: all of its marks are there, and of several the one that knows most columns."""
    fitting = [preset for preset in PRESETS if preset.fits(headings)]
    return max(fitting, key=lambda preset: preset.known(headings), default=None)
