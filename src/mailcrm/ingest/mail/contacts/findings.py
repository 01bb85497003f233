"""What a mail tells of its sender, from all its places: the signature, and a card of his own."""

from collections.abc import Iterable

from mailcrm.ingest.mail.contacts import may_be_card
from mailcrm.ingest.mail.contacts.card import read_card
from mailcrm.ingest.mail.contacts.fields import read_fields
from mailcrm.ingest.mail.parts import Part
from mailcrm.model.contact import ContactFinding
from mailcrm.model.message import ParsedHeaders


def find_contacts(
    headers: ParsedHeaders, signature: str, attachments: Iterable[Part]
) -> tuple[tuple[ContactFinding, ...], list[str]]:
    """Findings, and defects of what could not be read."""
    sender = headers.sender()
    if sender is None:
        return (), []
    findings = read_fields(signature, sender.name, sender.key) if signature else ()
    defects: list[str] = []
    for part in attachments:
        if may_be_card(part):
            found, wrong = read_card(part.content(), sender.name, sender.key)
            findings += found
            defects += wrong
    return findings, defects
