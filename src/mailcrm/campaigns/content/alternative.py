"""The plain-text alternative of an HTML template, made once per template and still a template.

An HTML parser would move `{% for %}` out of a table and break quotes inside an attribute, so everything that belongs to
the template language is replaced by a mark first and put back afterwards: statements ride through the parser as HTML
comments (which may stand anywhere), expressions as private-use characters.
"""

import re
from collections.abc import Iterable, Iterator

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.html import HTMLTree
from resiliparse.parse.html.node import CommentNode, DocumentNode, ElementNode, Node

Token = tuple[int, str, str]
"""Line, kind, text: as the lexer of the template language yields them."""

_CLOSES = {"variable_begin": "variable_end", "block_begin": "block_end", "comment_begin": "comment_end"}
_DROPPED = frozenset({"raw_begin", "raw_end"})  # what stands between them is plain data, escaped again in _restore
_MARK = re.compile("\ue000[es](\\d+)\ue001")
_STATEMENT_LINE = re.compile("(?m)^[ \t]*(?:(?:•|\\d+\\.)[ \t]*)?((?:\ue000s\\d+\ue001[ \t]*)+)\n")
_LITERAL_BRACES = re.compile(r"\{[{%#]")
_WHOLE_MARKUP = re.compile(r"""<!--.*?-->|<(?!!--)[a-zA-Z/!](?:"[^"]*"|'[^']*'|[^"'>])*>""", re.DOTALL)
_OPEN_MARKUP = re.compile(r"<[a-zA-Z/!]")


def plain_text(html: str) -> str:
    """Rendered HTML as plain text: links as `text (url)`, lists with bullets, nothing hidden."""
    return tidy(_extract(HTMLTree.parse(html)))


def text_template(tokens: Iterable[Token]) -> str:
    """The plain-text template that belongs to the HTML template of these tokens."""
    marked, originals = _mark(tokens)
    tree = HTMLTree.parse(marked)
    assert tree.document is not None
    assert tree.body is not None
    _show_marks(tree.document, tree.body)
    return _restore(_extract(tree), originals)


def tidy(text: str) -> str:
    """`text` with at most one blank line in a row, as conditions that were not met leave many."""
    text = "\n".join([line.rstrip(" \t") for line in text.split("\n")])
    while "\n\n\n" in text:
        text = text.replace("\n\n\n", "\n\n")
    return text.strip("\n") + "\n"


def _mark(tokens: Iterable[Token]) -> tuple[str, list[str]]:
    """HTML with marks in place of the template language, and what each mark stands for."""
    html: list[str] = []
    numbers: dict[str, int] = {}
    unfinished = ""  # markup that has begun and not ended: a mark in there cannot be a comment
    for kind, text in _constructs(tokens):
        piece = text
        if kind != "data":
            number = numbers.setdefault(text, len(numbers))
            piece = f"\ue000{'s' if kind == 'block_begin' else 'e'}{number}\ue001"
            if kind == "block_begin" and not _OPEN_MARKUP.search(unfinished):
                piece = f"<!--{piece}-->"
        unfinished = _WHOLE_MARKUP.sub("", unfinished + piece)
        html.append(piece)
    return "".join(html), list(numbers)


def _constructs(tokens: Iterable[Token]) -> Iterable[tuple[str, str]]:
    """Tokens joined to whole expressions, statements and stretches of data; comments left out."""
    kind, parts = "", list[str]()
    for _line, token, text in tokens:
        if not kind:
            if token == "data":
                yield token, text
            elif token not in _DROPPED:
                kind, parts = token, [text]
            continue
        parts.append(text)
        if token == _CLOSES[kind]:
            if kind != "comment_begin":
                yield kind, "".join(parts)
            kind = ""


def _extract(tree: HTMLTree) -> str:
    assert tree.body is not None, "a parser of HTML 5 makes one where there is none"
    _unwrap_links(tree.body)
    return str(extract_plain_text(tree, preserve_formatting=True, links=True, list_bullets=True, alt_texts=True))


def _unwrap_links(body: ElementNode) -> None:
    """No `(url)` where it would say nothing: anchors inside the mail, and links that show their own address."""
    for link in list(body.get_elements_by_tag_name("a")):
        url = link.getattr("href") or ""
        shown = (link.text or "").strip()
        if not url or url.startswith("#") or url in (shown, f"mailto:{shown}", f"tel:{shown}"):
            link.replace_with(*link.child_nodes)


def _show_marks(document: DocumentNode, body: ElementNode) -> None:
    """Turns the comments that carry a mark into text; those that stand before or behind the body move into it."""
    ahead: list[Node] = []
    passed = False
    for node in _in_order(document):
        passed = passed or node.tag == "body"
        if isinstance(node, CommentNode) and _MARK.fullmatch(node.value or ""):
            text = document.create_text_node(node.value or "")
            if body.contains(node):
                node.replace_with(text)
            elif passed:
                body.append(text)
            elif node.parent is not None and node.parent.tag != "head":
                ahead.append(text)
    body.prepend(*ahead)


def _in_order(root: Node) -> Iterator[Node]:
    """All nodes as they stand in the source. By siblings: listing `child_nodes` takes 80 times as long."""
    nodes = [root]
    while nodes:
        node = nodes.pop()
        yield node
        children = []
        child = node.first_child
        while child is not None:
            children.append(child)
            child = child.next_sibling
        nodes.extend(reversed(children))


def _restore(text: str, originals: list[str]) -> str:
    lines = _STATEMENT_LINE.sub(r"\1", _LITERAL_BRACES.sub(lambda found: f"{{{{ '{found[0]}' }}}}", text + "\n"))
    return _MARK.sub(lambda found: originals[int(found[1])], lines)
