"""The names of many sightings, each two compared once: of a hundred thousand sightings most pairs of names come again."""

from collections.abc import Iterable

from mailcrm.identity.names.compare import NameMatch, compare_names
from mailcrm.identity.names.form import NameForm
from mailcrm.identity.names.rarity import Rarity


class ComparedNames:
    """`names` by position; None where nobody is named."""

    def __init__(self, names: Iterable[NameForm | None], rarity: Rarity) -> None:
        numbers: dict[NameForm | None, int] = {}
        self._number = [numbers.setdefault(name, len(numbers)) for name in names]
        self._forms = list(numbers)
        self._rarity = rarity
        self._known: dict[int, NameMatch] = {}

    def match(self, one: int, other: int) -> NameMatch | None:
        """Of two positions; None if one has no name."""
        mine, theirs = self._number[one], self._number[other]
        code = mine * len(self._forms) + theirs
        found = self._known.get(code)
        if found is None:
            left, right = self._forms[mine], self._forms[theirs]
            if left is None or right is None:
                return None
            found = self._known[code] = compare_names(left, right, self._rarity)
        return found
