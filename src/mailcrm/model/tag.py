"""Tags: words to sort customers by, alone or in a category (`interest:tea`), and how they are compared."""

import unicodedata
from dataclasses import dataclass

from mailcrm.errors import UserError
from mailcrm.model.text import clean_line

CATEGORY_LENGTH = 60
NAME_LENGTH = 120
ANY = "*"
"""In a segment, as the name: any tag of the category."""


@dataclass(frozen=True, slots=True)
class TagName:
    """A tag as somebody wrote it; `category` is '' for a word without one."""

    category: str
    name: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is compared by: category and name, each folded."""
        return category_key(self.category), tag_key(self.name)

    def __str__(self) -> str:
        return f"{self.category}:{self.name}" if self.category else self.name


@dataclass(frozen=True, slots=True)
class TagLine:
    """A tag with the number of customers that have it."""

    category: str
    tag: str
    customers: int
    archived: bool

    def __str__(self) -> str:
        return str(TagName(self.category, self.tag))


@dataclass(frozen=True, slots=True)
class CategoryLine:
    """A category with its rules, and how many tags it has. Of an exclusive one a customer has one tag at a time."""

    name: str
    exclusive: bool
    colour: str
    description: str
    tags: int


def tag_key(name: str) -> str:
    """The comparison form of a tag's name."""
    return clean_line(name, NAME_LENGTH).casefold()[:NAME_LENGTH]  # folding makes two letters of ß


def category_key(name: str) -> str:
    """The comparison form of a category's name."""
    return clean_line(unicodedata.normalize("NFKC", name), CATEGORY_LENGTH).casefold()[:CATEGORY_LENGTH]


def parse_tag(text: str) -> TagName:
    """A tag as somebody typed it: `vip`, `interest:tea`, `兴趣：茶`. Raises UserError for one without a name."""
    category, colon, name = text.replace("：", ":").partition(":")
    if not colon:
        category, name = "", text
    found = TagName(clean_line(category, CATEGORY_LENGTH), clean_line(name, NAME_LENGTH))
    if not found.name:
        raise UserError(f"a tag needs a name: {text[:NAME_LENGTH]!r}")
    return found
