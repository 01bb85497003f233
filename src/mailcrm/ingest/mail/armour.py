"""PGP in the text of a mail (RFC 9580, sections 6 and 7): what was signed, without its armour; what is encrypted is said."""

import re

MARK = "-----BEGIN PGP "
ENCRYPTED = "the mail is encrypted (PGP); its text can be read only where its key is"
_BEGIN = re.compile(r"^-----BEGIN PGP ", re.MULTILINE)
_ENCRYPTED_BEGIN = re.compile(r"^-----BEGIN PGP MESSAGE-----", re.MULTILINE)
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n"
_SIGNATURE = re.compile(r"^-----BEGIN PGP SIGNATURE-----", re.MULTILINE)
_END = re.compile(r"^-----END PGP [A-Z ,/0-9]{1,40}-----[ \t]*\n?", re.MULTILINE)
_HEADER = re.compile(r"(?:[A-Za-z]{1,20}: [^\n]*\n)*\n?")
_ESCAPED = re.compile(r"^- ", re.MULTILINE)


def is_encrypted(text: str) -> bool:
    """Whether the text, or a part of it, can be read only with a key."""
    return MARK in text and _ENCRYPTED_BEGIN.search(text) is not None


def take_off(text: str) -> str:
    """The text as its writer wrote it. Armour that is quoted is part of it; what is not closed is left as it is."""
    kept: list[str] = []
    at = 0
    while begin := _BEGIN.search(text, at):
        kept.append(text[at : begin.start()])
        start = at = begin.start()
        if text.startswith(_SIGNED, start):
            header = _HEADER.match(text, start + len(_SIGNED))
            content = header.end() if header else start + len(_SIGNED)
            signature = _SIGNATURE.search(text, content)
            if signature is None:
                break
            kept.append(_ESCAPED.sub("", text[content : signature.start()]))
            start = at = signature.start()
        end = _END.search(text, start)
        if end is None:
            break
        at = end.end()
    kept.append(text[at:])
    return "".join(kept).strip("\n")
