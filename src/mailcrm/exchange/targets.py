"""What a column can mean: the names that mappings use, and what may be said more exactly behind a colon (`phone:office`)."""

import re
from dataclasses import dataclass

from mailcrm.errors import UserError
from mailcrm.model.record import CUSTOM

NAMES = ("name", "given_name", "middle_name", "family_name")
SINGLE = ("salutation", "language", "legal_name", "tax_id", "lifecycle", "tier", "owner")
"""With `NAMES`, fields of the record itself."""

NETWORKS = tuple(
    (
        "wechat qq wecom dingtalk weibo whatsapp telegram signal line kakaotalk viber skype linkedin x facebook instagram "
        "youtube tiktok"
    ).split()
)
CLAIMS = (
    "alias",
    "gender",
    "title",
    "department",
    "company",
    "industry",
    "timezone",
    "origin",
    "preference",
    "url",
    *NETWORKS,
)
PHONES = ("phone", "mobile", "fax")
PLACE = ("address", "country", "region", "city", "district", "street", "postcode")
IDS = ("number", "foreign_id", "kind", "created")
DATES = ("birthday", "birthday_lunar", "anniversary", "date")
MAIL = ("opt_out", "consent", "consent_evidence", "consent_at", "bounced", "complained")
"""Who may be mailed: read before all others, and strictly."""

ORDERS = (
    "order_no", "order_date", "order_amount", "order_currency", "order_status", "order_note", "line_title", "line_sku",
    "line_qty", "line_price",
)  # fmt: skip
ACTIVITY = ("activity_date", "activity_kind", "activity_title", "activity_text")
IGNORE = "ignore"
LABEL = "label"
"""What kind of value the next column holds, as Google writes it: a column "Work" before one of a phone."""

KNOWN = (
    *NAMES, *SINGLE, *CLAIMS, *PHONES, "email", *PLACE, *IDS, *DATES, *MAIL, "tags", "note", *ORDERS, *ACTIVITY, LABEL, IGNORE,
)  # fmt: skip
LABELLED = frozenset(
    (*CLAIMS, *PHONES, "email", *PLACE, "date", "tags", "opt_out", "consent", "consent_evidence", "consent_at")
)
"""Those that take something behind a colon: what kind of it, the category of tags, the purpose, the kind of date."""

_OWN = re.compile(r"x\.[a-z][a-z0-9_]{0,57}")
_LONGEST_LABEL = 60


@dataclass(frozen=True, slots=True)
class Target:
    """`field` is one of `KNOWN` or a team's own (`x.key`), `label` what stands behind the colon."""

    field: str
    label: str = ""

    @classmethod
    def parse(cls, text: str) -> "Target":
        """A target as people write it. Raises UserError with the nearest known name."""
        field, _, label = (part.strip() for part in text.partition(":"))
        if field.startswith(CUSTOM):
            if label or not _OWN.fullmatch(field):
                raise UserError(
                    f"{text!r}: a field of your own is written x. and small letters, digits and _: x.budget"
                )
            return cls(field)
        if field not in KNOWN:
            raise UserError(f"{field!r} is not a field{_like(field)}; fields of your own begin with {CUSTOM}")
        if label and field not in LABELLED:
            raise UserError(f"{text!r}: nothing can stand behind {field}:")
        if len(label) > _LONGEST_LABEL:
            raise UserError(f"{field}: what stands behind the colon has more than {_LONGEST_LABEL} characters")
        return cls(field, label)

    def __str__(self) -> str:
        return f"{self.field}:{self.label}" if self.label else self.field


def own_field(header: str, column: str) -> Target:
    """A field of the team's own for a column that means nothing we know."""
    key = re.sub(r"[^a-z0-9]+", "_", header.casefold()).strip("_0123456789")[:57].rstrip("_")
    return Target(f"{CUSTOM}{key if len(key) > 1 else f'column_{column.lower()}'}")


def _like(field: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(field, KNOWN, 3, 0.6)
    return f"; did you mean {' or '.join(near)}?" if near else f"; known are {', '.join(KNOWN)}"
