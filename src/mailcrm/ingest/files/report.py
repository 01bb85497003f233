"""What an import says of itself, while it runs and at its end."""

from dataclasses import dataclass, field


@dataclass
class ImportReport:
    """Counts over all sources: `mails` = `new` + `known` + all of `left_out` + `quarantined`.

    `read` are those looked at in this run, not in an earlier one. `known` is mail that was in the archive before, from a
    server or an earlier import, or that stands in the files twice. `left_out` counts by rule. `folders_left_out` and
    `other_files` were not looked into; `failures` are sources that could not be read to their end.

    `source`, `done` and `total` tell how far the present source is read, in bytes or files.
    """

    mails: int = 0
    read: int = 0
    new: int = 0
    known: int = 0
    left_out: dict[str, int] = field(default_factory=dict)
    quarantined: int = 0
    sources: int = 0
    folders_left_out: list[str] = field(default_factory=list)
    other_files: int = 0
    failures: list[tuple[str, str]] = field(default_factory=list)
    source: str = ""
    done: int = 0
    total: int = 0

    def leave_out(self, rule: str, count: int = 1) -> None:
        """Count mails that a rule left out."""
        self.left_out[rule] = self.left_out.get(rule, 0) + count
