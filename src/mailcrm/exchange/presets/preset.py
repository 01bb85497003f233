"""A table of columns: what one program calls them, and what they mean."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from mailcrm.exchange.targets import Target
from mailcrm.model.party import PartyKind

_NUMBER = re.compile(r"\d+")


@dataclass(frozen=True)
class Preset:
    """`marks` are headings that all must be there (of a group in a|b one), `table` lines of `target = heading|heading`; a #
    stands for any number. `sure` False: the headings were not seen in a real export."""

    name: str
    title: str
    marks: tuple[str, ...]
    table: str
    kind: PartyKind = PartyKind.PERSON
    sure: bool = True

    @cached_property
    def columns(self) -> Mapping[str, Target]:
        """Target by heading, in the form of `_key`."""
        found: dict[str, Target] = {}
        for line in self.table.replace("\n|", "|").split("\n"):
            target, _, headings = line.partition(" = ")
            for heading in headings.split("|") if target else ():
                found[_key(heading)] = Target.parse(target)
        return found

    def fits(self, headings: Sequence[str]) -> bool:
        """Whether a file with these headings is such an export."""
        present = {_key(heading) for heading in headings}
        return all(any(_key(each) in present for each in mark.split("|")) for mark in self.marks)

    def known(self, headings: Sequence[str]) -> int:
        """How many of the headings are in the table."""
        return sum(_key(heading) in self.columns for heading in headings)

    def target(self, heading: str) -> Target | None:
        """What a column means; None for one that this program has not by itself."""
        found = self.columns.get(_key(heading))
        number = _NUMBER.search(heading)
        if found and found.label == "#" and number:
            return Target(found.field, "" if number[0] == "1" else number[0])
        return found


def _key(heading: str) -> str:
    return _NUMBER.sub("#", heading.strip().casefold())
