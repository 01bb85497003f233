"""A mail without what it quotes: its newest text, the signature below it, and what it forwards."""

import re
from collections.abc import Sequence

from mailcrm.ingest.mail.reply.attributions import (
    attribution_start,
    author_of,
    may_end_attribution,
    separator_kind,
    words_before,
)
from mailcrm.ingest.mail.reply.fields import Fields, field_of, is_block, read_fields
from mailcrm.ingest.mail.reply.forwarded import Boundary, forwarded_by, is_answer
from mailcrm.ingest.mail.reply.lines import (
    LONGEST_MARK,
    OWN,
    PLAIN,
    Line,
    Lines,
    Mark,
    is_cited,
    is_own,
    known_lines,
    read_lines,
)
from mailcrm.ingest.mail.reply.signature import Signatures
from mailcrm.ingest.mail.reply.wrappers import marked_lines
from mailcrm.model.message import OwnWords

_BLANK_LINES = re.compile(r"\n(?:[ \t]*\n){2,}")
_LINES_ABOVE_QUOTE = 5
_MOST_LINES = 10_000  # looked at: nobody writes as many, and what follows them is not cut
_LONG_LINE = 60
_WRAPPED = re.compile(r"[(<\[]?https?://\S*$|[^\s]*\)\s?>?$|[^\s]*>$")


def cut(text: str, html: str = "", subject: str = "") -> OwnWords:
    """What the sender of a mail wrote: `text` (or `html`, where its wrappers say more) without quotes and signature.

    Answers between quoted lines are kept, in their order, without what they answer. The forwarded original is not what
    the sender wrote: a mail that is forwarded without a word has an empty newest text. Quoted lines that no program
    announced are kept where they alone stand, or one block of them before or within own text: somebody chose them.
    `subject` tells forwards and answers apart. Each line of the result is a line of the text, or of the text of the HTML,
    or its beginning.
    """
    lines = marked_lines(html)
    cutter = _Cutter(lines if lines is not None else read_lines(text), is_answer=is_answer(subject))
    cutter.run()
    newest, signature = cutter.parts()
    if lines is None and not signature and cutter.is_whole():
        newest = text  # the very same, which is kept once
    return OwnWords(newest, signature, forwarded_by(cutter.boundary, subject))


class _Cutter:
    """One walk over the lines: which are own, and where the quoted ones begin."""

    def __init__(self, lines: Lines, *, is_answer: bool) -> None:
        self.boundary: Boundary | None = None
        self._lines = lines
        self._is_answer = is_answer
        self._stretches: list[list[int]] = [[]]  # of own lines, divided by what is quoted
        self._blocks: list[tuple[int, int, int]] = []  # quoted lines that nothing announced: stretch before, start, end
        self._announced = False
        self._is_shortened = False
        self._code_end = -1
        self._signed: list[int] = []  # what the HTML says is the signature

    def run(self) -> None:
        self._walk()
        self._settle_blocks()

    def _walk(self) -> None:
        """From one odd line to the next: all between them is own."""
        index, count = 0, len(self._lines)
        for odd in self._lines.odd:
            if odd >= min(count, _MOST_LINES):
                break
            if odd < index:
                continue
            self._stretches[-1].extend(range(index, odd))
            following = self._step(odd)
            if following is None:
                return
            index = following
        self._stretches[-1].extend(range(index, count))

    def _step(self, index: int) -> int | None:
        """Look at one line. Returns the next one to look at, None if all that follows is quoted."""
        line = self._lines.at[index]
        if line.mark is PLAIN:
            return self._own(index)
        if line.mark is not OWN:
            return self._marked(index, line.mark)
        if line.bare.startswith("```"):
            return self._code(index)
        if len(line.bare) <= LONGEST_MARK:
            kind = separator_kind(line.bare)
            if (kind and self._is_separator(index, kind)) or self._is_block(index):
                return self._below(index + 1)
            start = self._attribution(index)
            if start is not None:
                del self._stretches[-1][len(self._stretches[-1]) - (index - start) :]
                self._note(Boundary("attribution", {"sender": _author(self._lines.between(start, index + 1))}))
                self._keep_words_before(start)
                return self._below(index + 1)
        return self._own(index)

    def _marked(self, index: int, mark: Mark) -> int | None:
        """A line that has a sign before it, or that the HTML tells apart."""
        if is_cited(mark):
            return self._quoted(index)
        if mark is Mark.END or (mark is Mark.RULE and self._fields_follow(index + 1)):
            self._note_fields(index + 1, "fields")
            return None
        if mark is Mark.ATTRIBUTION:
            return self._attributed(index)
        if mark is Mark.SIGNATURE:
            self._signed.append(index)
        return index + 1

    def _keep_words_before(self, start: int) -> None:
        """Own words on the first line of an attribution, before it."""
        words = words_before(self._lines.at[start].bare)
        if words:
            self._lines.shorten(start, words)
            self._stretches[-1].append(start)
            self._is_shortened = True

    def _own(self, index: int) -> int:
        self._stretches[-1].append(index)
        return index + 1

    def _code(self, index: int) -> int:
        """A block of code is own, whatever it looks like."""
        for end in range(index + 1, len(self._lines)):
            if self._lines.at[end].bare.startswith("```"):
                self._stretches[-1].extend(range(index, end + 1))
                self._code_end = end
                return end + 1
        return self._own(index)

    def _attributed(self, index: int) -> int | None:
        """Lines that the HTML marks as those above a quote; a forwarded mail has its header there."""
        end = index
        while end < len(self._lines) and (self._lines.at[end].mark is Mark.ATTRIBUTION or not self._lines.at[end].bare):
            if self._lines.at[end].bare and (kind := separator_kind(self._lines.at[end].bare)):
                self._note_fields(end + 1, kind)
                return None
            end += 1
        self._note(Boundary("attribution", {"sender": _author(self._lines.between(index, end))}))
        return self._below(end)

    def _below(self, index: int) -> int | None:
        """Behind a line that announces a quote: own text may follow if the quote is marked, else all is quoted."""
        self._announced = True
        if self.boundary and self.boundary.kind == "forward":
            return None
        self._stretches.append([])
        return self._next_filled(index) if self._quote_follows(index) else None

    def _next_filled(self, index: int) -> int:
        while index < len(self._lines) and not self._lines.at[index].bare and is_own(self._lines.at[index].mark):
            index += 1
        return index

    def _quote_follows(self, index: int) -> bool:
        found = self._next_filled(index)
        return found < len(self._lines) and is_cited(self._lines.at[found].mark)

    def _quoted(self, index: int) -> int | None:
        """A block of quoted lines, with what their wrapping left over."""
        end = self._end_of_quote(index)
        if self._is_announced(index, end) or self._lines.at[index].mark is Mark.CITED:
            self._announced = True
        else:
            self._blocks.append((len(self._stretches) - 1, index, end))
        self._stretches.append([])
        return end

    def _end_of_quote(self, index: int) -> int:
        end = index
        while end < len(self._lines):
            line = self._lines.at[end]
            if is_cited(line.mark) or self._is_left_over(index, end):
                end += 1
            elif not line.bare and is_own(line.mark) and self._quote_follows(end):
                end = self._next_filled(end)
            else:
                break
        return end

    def _is_left_over(self, start: int, index: int) -> bool:
        """The end of a quoted line that a program wrapped: it lacks its sign, and quoted lines stand on both sides."""
        if index == start or index + 1 >= len(self._lines) or not is_own(self._lines.at[index].mark):
            return False
        above, line, below = self._lines.between(index - 1, index + 2)
        if not line.bare or not is_cited(above.mark) or not is_cited(below.mark):
            return False
        if len(line.bare) <= LONGEST_MARK and _WRAPPED.match(line.bare):
            return True
        is_long = len(above.bare) >= _LONG_LINE and above.bare[-1] not in ".?!:;。？！：；"
        return is_long and (line.bare[0].islower() or above.bare[-1] in ",，")

    def _is_announced(self, start: int, end: int) -> bool:
        """Whether the first lines of a quoted block tell whose words they are, as Apple Mail writes them."""
        looked_at = 0
        for index in range(start, end):
            line = self._lines.at[index]
            if not line.bare or len(line.bare) > LONGEST_MARK:
                continue
            looked_at += 1
            if looked_at > _LINES_ABOVE_QUOTE:
                break
            kind = separator_kind(line.bare)
            if kind and self._is_separator(index, kind):
                return True
            if self._is_block(index):
                return True
            if not may_end_attribution(line.bare):
                continue
            begins = attribution_start(self._lines, index, start, quoted_follows=False, is_answer=True)
            if begins is not None:
                self._note(Boundary("attribution", {"sender": _author(self._lines.between(begins, index + 1))}))
                return True
        return self._announced

    def _attribution(self, index: int) -> int | None:
        if not may_end_attribution(self._lines.at[index].bare):
            return None
        own = self._stretches[-1]
        first = own[0] if own else index
        follows = self._quote_follows(index + 1)
        return attribution_start(self._lines, index, first, quoted_follows=follows, is_answer=self._is_answer)

    def _is_separator(self, index: int, kind: str) -> bool:
        """Note what stands below a separator. One whose words we do not know needs header fields below it."""
        found = read_fields(self._lines, index + 1)
        if kind == "unknown" and not is_block(found, announced=True):
            return False
        if not is_block(found, announced=True):  # some programs write the fields on the line of the separator
            inline = read_fields(known_lines([_without_dashes(self._lines.at[index])]), 0)
            found = inline if is_block(inline, announced=True) else found
        if kind == "original" and not (found or self._is_answer or self._quote_follows(index + 1)):
            return False  # somebody's own words, with a rule on both sides
        self._note(Boundary("forward" if kind == "forward" else "original", found.values if found else {}))
        return True

    def _is_block(self, index: int) -> bool:
        bare = self._lines.at[index].bare
        first = field_of(bare) if ":" in bare or "：" in bare else None
        if first is None or not ({"sender", "sent", "subject", "to"} & set(first[0])):
            return False
        found = read_fields(self._lines, index)
        if not is_block(found, announced=self._is_below_rule()):
            return False
        self._note(Boundary("fields", found.values if found else {}))
        return True

    def _is_below_rule(self) -> bool:
        own = self._stretches[-1]
        above = next((self._lines.at[found].bare for found in reversed(own) if self._lines.at[found].bare), "")
        if len(above) > 4 and not above.strip("-_=─"):
            while own and self._lines.at[own[-1]].bare != above:
                own.pop()
            return True
        return False

    def _fields_follow(self, index: int) -> bool:
        return is_block(read_fields(self._lines, index), announced=True)

    def _note_fields(self, index: int, kind: str) -> None:
        found: Fields | None = None
        while index < len(self._lines) and (found is None or not is_block(found, announced=True)):
            line = self._lines.at[index]
            if line.bare:
                separator = separator_kind(line.bare)
                kind = "forward" if separator == "forward" else kind
                found = read_fields(self._lines, index)
                if not separator:
                    break
            index += 1
        self._note(Boundary(kind, found.values if found else {}))

    def _note(self, boundary: Boundary) -> None:
        """Only the first one counts: what a quoted mail quotes is its own affair."""
        if self.boundary is None:
            self.boundary = boundary

    def _settle_blocks(self) -> None:
        """Keep the one quoted block that nobody announced where its writer put it there; drop what trails behind."""
        has_words = self._has_words()
        if self._announced or (len(self._blocks) > 1 and has_words):
            return
        for stretch, start, end in self._blocks:
            has_text_below = any(self._lines.at[index].bare for own in self._stretches[stretch + 1 :] for index in own)
            if has_text_below or not has_words:
                self._stretches[stretch].extend(range(start, end))

    def _has_words(self) -> bool:
        return any(self._lines.at[index].bare for own in self._stretches for index in own)

    def is_whole(self) -> bool:
        """Whether every line is own, to its end."""
        return not self._is_shortened and sum(map(len, self._stretches)) == len(self._lines)

    def parts(self) -> tuple[str, str]:
        """The newest text and the signature, each with its lines in their order."""
        if self._signed and not self._has_words():  # some write into the block that is meant for the signature
            self._stretches, self._signed = [self._signed], []
        newest: list[str] = []
        signature: list[str] = []
        signatures = Signatures(self._lines)
        for own in self._stretches:
            code = sum(index <= self._code_end for index in own) if self._code_end >= 0 else 0
            own_words, signed = signatures.divide(own[code:] if code else own)
            newest.append(self._text([*own[:code], *own_words]))
            signature.append(self._text(signed))
        signature.append(self._text(self._signed))
        return "\n\n".join(filter(None, newest)), "\n\n".join(filter(None, signature))

    def _text(self, indexes: Sequence[int]) -> str:
        texts = self._lines.texts
        text = "\n".join([texts[index] for index in indexes])
        return _BLANK_LINES.sub("\n\n", text).strip("\n").rstrip()


def _author(lines: Sequence[Line]) -> str:
    return author_of(" ".join(line.bare for line in lines)[:LONGEST_MARK])


def _without_dashes(line: Line) -> Line:
    return line._replace(bare=line.bare.lstrip("-_=* ").partition("--")[2].strip("-_= "))
