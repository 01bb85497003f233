"""PGP in the text of a mail (RFC 9580, sections 6 and 7): what was signed, without its armour; what is encrypted is said."""

import re

MARK = "-----BEGIN PGP "
ENCRYPTED = "the mail is encrypted (PGP); its text can be read only where its key is"
_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----\n"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = re.compile(r"^-----END PGP [A-Z ,/0-9]{1,40}-----[ \t]*\n?", re.MULTILINE)
_HEADER = re.compile(r"(?:[A-Za-z]{1,20}: [^\n]*\n)*\n?")
_ESCAPED = re.compile(r"^- ", re.MULTILINE)


def take_off(text: str) -> tuple[str, list[str]]:
    """The text as its writer wrote it, and defects. The armour stays in the raw mail, where signatures are checked."""
    kept: list[str] = []
    defects: list[str] = []
    at = 0
    while (begin := text.find(MARK, at)) >= 0:
        kept.append(text[at:begin])
        if text.startswith(_SIGNED, begin):
            header = _HEADER.match(text, begin + len(_SIGNED))
            start = header.end() if header else begin + len(_SIGNED)
            signature = text.find(_SIGNATURE, start)
            kept.append(_ESCAPED.sub("", text[start : signature if signature >= 0 else len(text)]))
            begin = signature if signature >= 0 else len(text)
        elif text.startswith("-----BEGIN PGP MESSAGE", begin):
            defects = [ENCRYPTED]
        end = _END.search(text, begin)
        at = end.end() if end else len(text)
    kept.append(text[at:])
    return "".join(kept).strip("\n"), defects
