"""Whether two names are one person's, or one company's: F1 at the best threshold over labelled pairs, by kind.

python -m bench.identity pairs FILE [wrong]

FILE is CSV with the columns schema,name1,name2,is_match. With `wrong`, the pairs that the best threshold gets wrong, too.
"""

import csv
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mailcrm.identity.companies.likeness import company_likeness
from mailcrm.identity.names.compare import compare_names
from mailcrm.identity.names.form import name_form
from mailcrm.identity.names.rarity import Rarity

_KINDS = {
    "Person": "person",
    "Company": "organisation",
    "LegalEntity": "organisation",
    "Organization": "organisation",
    "PublicBody": "organisation",
}


@dataclass(frozen=True)
class Pair:
    """Two names and whether they are one's."""

    one: str
    other: str
    match: bool


@dataclass(frozen=True)
class Best:
    """At the threshold where F1 is highest; what is at or above it is taken for one."""

    f1: float
    precision: float
    recall: float
    threshold: float

    def __str__(self) -> str:
        return f"F1 {self.f1:.4f}, right {self.precision:.4f}, found {self.recall:.4f}, from {self.threshold:.3f} on"


def main(file: str, *, show_wrong: bool = False) -> None:
    """A table for people; the last line is JSON."""
    figures: dict[str, float] = {}
    for kind, score in (("person", person_score), ("organisation", company_likeness)):
        pairs = _pairs(Path(file), kind)
        scores = [score(pair.one, pair.other) for pair in pairs]
        best = best_threshold(scores, [pair.match for pair in pairs])
        print(f"  {kind:14} {len(pairs):5} pairs: {best}")
        figures |= {f"{kind}_pairs": len(pairs), f"{kind}_f1": round(best.f1, 4)}
        if show_wrong:
            _print_wrong(pairs, scores, best.threshold)
    print(json.dumps({"bench": "names", **figures}))


def person_score(one: str, other: str) -> float:
    """In bits; what names no human is nobody's."""
    left, right = name_form(one), name_form(other)
    if left is None or right is None:
        return -math.inf
    return compare_names(left, right, Rarity()).bits


def best_threshold(scores: Sequence[float], matches: Sequence[bool]) -> Best:
    """Among all the scores that occur."""
    best = Best(0.0, 0.0, 0.0, math.inf)
    for threshold in sorted(set(scores)):
        taken = [match for score, match in zip(scores, matches, strict=True) if score >= threshold]
        right = sum(taken)
        precision, recall = right / len(taken), right / max(sum(matches), 1)
        f1 = 2 * right / max(len(taken) + sum(matches), 1)
        if f1 > best.f1:
            best = Best(f1, precision, recall, threshold)
    return best


def _pairs(file: Path, kind: str) -> list[Pair]:
    with file.open(encoding="utf-8-sig", newline="") as rows:
        return [
            Pair(row["name1"], row["name2"], row["is_match"].lower() == "true")
            for row in csv.DictReader(rows)
            if _KINDS.get(row["schema"]) == kind
        ]


def _print_wrong(pairs: Sequence[Pair], scores: Sequence[float], threshold: float) -> None:
    for pair, score in sorted(zip(pairs, scores, strict=True), key=lambda each: -each[1]):
        if (score >= threshold) != pair.match:
            print(f"    {'missed' if pair.match else 'wrong ':6} {score:9.3f}  {pair.one} | {pair.other}")
