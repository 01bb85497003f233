"""What a mail tells of its sender besides the address: the fields of a signature, and of a card that comes along."""

from mailcrm.ingest.mail.parts import Part

_CARDS = frozenset({"text/vcard", "text/x-vcard", "text/directory"})


def may_be_card(part: Part) -> bool:
    """Whether a part is a card (RFC 6350), by its type or name."""
    return part.mime_type in _CARDS or (part.has_filename and part.filename.lower().endswith(".vcf"))
