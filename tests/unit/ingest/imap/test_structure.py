"""BODYSTRUCTURE as servers write it, with more or less than they should: an outline, or none."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcrm.ingest.imap.structure import outline
from mailcrm.ingest.imap.values import Chunk, fetched
from mailcrm.ingest.mail.skeleton import Outline

TEXT = b'("text" "plain" ("charset" "utf-8") NIL NIL "7bit" 42 2 NIL NIL NIL NIL)'
PDF = (
    b'("application" "pdf" ("name" "=?utf-8?b?5oql5Lu3?=") "<a@b>" NIL "base64" 78000 NIL '
    b'("attachment" ("filename*" "utf-8\'\'%E6%8A%A5")) NIL NIL)'
)
ENVELOPE = b'("date" "Subject" (("A" NIL "a" "b.c")) NIL NIL NIL NIL NIL NIL "<x@y>")'


def read(*chunks: Chunk) -> Outline | None:
    """What comes of an answer with this BODYSTRUCTURE."""
    first, *rest = chunks
    begin = b"1 (UID 5 BODYSTRUCTURE "
    opened = begin + first if isinstance(first, bytes) else (begin + first[0], first[1])
    whole = [opened, *rest]
    last = whole[-1]
    assert isinstance(last, bytes)
    (items,) = fetched([*whole[:-1], last + b")"])
    return outline(items[b"BODYSTRUCTURE"])


def test_a_message_of_one_part() -> None:
    assert read(TEXT) == Outline("1", "text/plain", 42, "7bit")


def test_parts_in_parts_have_their_numbers() -> None:
    alternative = b'(%s%s "alternative" ("boundary" "b") NIL NIL NIL)' % (TEXT, TEXT.replace(b"plain", b"HTML"))
    found = read(b'(%s %s "MIXED" ("boundary" "a") NIL NIL)' % (alternative, PDF))
    assert found is not None
    assert (found.section, found.mime_type) == ("", "multipart/mixed")
    assert [(node.section, node.mime_type) for node in found.nodes()][1:] == [
        ("1", "multipart/alternative"), ("1.1", "text/plain"), ("1.2", "text/html"), ("2", "application/pdf"),
    ]  # fmt: skip
    assert found.children[1] == Outline("2", "application/pdf", 78000, "base64", "attachment", named=True)


@pytest.mark.parametrize(
    "parameters", [b'("name" "a.pdf")', b'("name*" "utf-8\'\'a")', b'("NAME*0*" "utf-8\'\'a" "NAME*1" "b")']
)
@pytest.mark.parametrize("where", ["type", "disposition"])
def test_a_name_is_seen_wherever_and_however_it_is_written(parameters: bytes, where: str) -> None:
    if where == "type":
        found = read(b'("application" "pdf" %s NIL NIL "base64" 9)' % parameters)
    else:
        parameters = parameters.replace(b"name", b"filename").replace(b"NAME", b"FILENAME")
        found = read(b'("application" "pdf" NIL NIL NIL "base64" 9 NIL ("inline" %s))' % parameters)
    assert found is not None
    assert found.named


def test_what_stands_in_a_message_within_is_not_gone_into() -> None:
    inner = b'("message" "rfc822" NIL NIL NIL "7bit" 900 %s (%s%s "mixed") 30 NIL ("attachment" NIL) NIL)'
    found = read(b'(%s%s "mixed")' % (TEXT, inner % (ENVELOPE, TEXT, PDF)))
    assert found is not None
    assert found.children[1] == Outline("2", "message/rfc822", 900, "7bit", "attachment")


def test_extension_data_may_be_missing_or_stand_elsewhere() -> None:
    short = b'("image" "png" NIL NIL NIL "base64" 700)'
    assert read(b'(%s%s "related")' % (TEXT, short)) is not None
    assert read(b'("image" "png" NIL NIL NIL "base64" 7 ("attachment" ("filename" "a")))') == Outline(
        "1", "image/png", 7, "base64", "attachment", named=True
    )
    no_lines = b'("text" "csv" NIL NIL NIL NIL 7 NIL ("ATTACHMENT" NIL))'
    assert read(no_lines) == Outline("1", "text/csv", 7, "", "attachment")


def test_strings_may_be_literals() -> None:
    found = read((b'("application" {3}', b"pdf"), (b' ("name" {4}', b'a"\r\n'), b') NIL NIL "BASE64" 12 NIL NIL)')
    assert found == Outline("1", "application/pdf", 12, "base64", named=True)


@pytest.mark.parametrize(
    "odd",
    [
        b"NIL", b"()", b'""', b"(NIL)", b"((NIL))", b'("mixed")', b"(%s)" % TEXT, b"(%s NIL)" % TEXT,
        b"(NIL NIL NIL NIL NIL NIL NIL NIL)", b'("text" "plain" NIL NIL NIL "7bit")',
        b'("text" "plain" NIL NIL NIL "7bit" NIL 3)', b'("text" "plain" NIL NIL NIL "7bit" -1 3)',
        b'("text" NIL NIL NIL NIL "7bit" 1 3)', b'("text" "plain" NIL NIL NIL "7bit" 99999999999999 3)',
        b'(%s ("mixed"))' % TEXT, b"(" * 30 + TEXT + b' "mixed")' * 30, b'(%s "mixed")' % (TEXT * 100),
        b'("text" "plain" NIL NIL NIL (7bit) 1 3)',
    ],
)  # fmt: skip
def test_what_describes_no_message_gives_no_outline(odd: bytes) -> None:
    assert read(odd) is None


WORDS = st.sampled_from([b"(", b")", b'"text"', b'"plain"', b"NIL", b"7", b'"mixed"', b'"attachment"', b'("name" "x")'])


@given(st.lists(WORDS, max_size=30).map(b" ".join))
def test_nothing_makes_it_fail(text: bytes) -> None:
    for items in fetched([b"1 (UID 5 BODYSTRUCTURE (" + text + b"))"]):
        found = outline(items.get(b"BODYSTRUCTURE"))
        assert found is None or all(leaf.size >= 0 for leaf in found.leaves())
