"""Pure decisions about one party: is it a customer, and what is it called."""

from collections.abc import Sequence
from dataclasses import dataclass

from mailcrm.identity.normalise import clean_name
from mailcrm.identity.score import same_name
from mailcrm.model.account import CustomerWhen


def is_customer(when: CustomerWhen, *, they_wrote: int, we_wrote: int, seen: int) -> bool:
    """Whether the counts of one account's mail meet its rule (decisions.md 26). Only mail written by hand counts."""
    rules = {
        CustomerWhen.REPLIED: they_wrote > 0 and we_wrote > 0,
        CustomerWhen.SENT: we_wrote > 0,
        CustomerWhen.ALL_KNOWN: they_wrote > 0 or we_wrote > 0,
        CustomerWhen.ALL: seen > 0,
    }
    return rules[when]


@dataclass
class _Group:
    """Spellings of one name, most frequent first."""

    spellings: list[tuple[str, int]]

    @property
    def support(self) -> int:
        return sum(count for _, count in self.spellings)


def best_name(observed: Sequence[tuple[str, str, int]]) -> str:
    """The name most mails agree on, in its most complete spelling; '' if no mail gives a usable one.

    `observed` are (display name, address, how often), in a stable order. Spellings of one name support each other, so
    that ten `Smith, Jane` and nine `Jane Smith` outvote fifteen `Sales Team`.
    """
    groups: list[_Group] = []
    for display, address, count in observed:
        name = clean_name(display, address)
        if not name:
            continue
        home = next((group for group in groups if same_name(group.spellings[0][0], name)), None)
        if home is None:
            groups.append(_Group([(name, count)]))
        else:
            home.spellings.append((name, count))
    if not groups:
        return ""
    strongest = max(groups, key=lambda group: group.support)
    return max(strongest.spellings, key=_quality)[0]


def _quality(spelling: tuple[str, int]) -> tuple[bool, bool, int]:
    """Natural order before `Smith, Jane`, mixed case before one case, then the more frequent one."""
    name, count = spelling
    return ("," not in name, not (name.isupper() or name.islower()), count)
