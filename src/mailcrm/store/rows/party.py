"""Parties and their contact points: an address is a thing of its own, a party may have many."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from mailcrm.model.address import AddressKind
from mailcrm.model.number import NumberKind
from mailcrm.model.party import AffiliationKind, PartyKind, PartyState
from mailcrm.store.rows.base import SOURCE, Base, EnumText, Hash, Id, UtcMicros


class Party(Base):
    """A customer archive, a leaf: what was found for it stays with it. `root_id` names the cluster; it is the party's own
    id until a merge joins them.

    `own_name` is what this party is called, and `name_source` who says so. `display_name`, `sort_key`, `named_by` (the
    member whose name it is), `root_id` and `cluster_size` follow from the members and edges (`store.identity.clusters`).
    """

    __tablename__ = "party"
    __table_args__ = (
        Index(None, "state", "sort_key"),
        Index(None, "state", "updated_at"),
        Index(None, "state", "created_at", "id"),
        Index(None, "state", "last_in_at", "id"),
        Index(None, "state", "last_out_at", "id"),
        Index(None, "root_id"),
        Index(None, "cluster_size", "root_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    customer_no: Mapped[str | None] = mapped_column(String(20), unique=True)
    kind: Mapped[PartyKind] = mapped_column(EnumText(PartyKind))
    root_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))
    cluster_size: Mapped[int] = mapped_column(default=1)
    state: Mapped[PartyState] = mapped_column(EnumText(PartyState))
    own_name: Mapped[str] = mapped_column(String(255), default="")
    display_name: Mapped[str] = mapped_column(String(255), default="")
    named_by: Mapped[int | None] = mapped_column(Id)
    name_source: Mapped[str] = mapped_column(SOURCE, default="header")
    sort_key: Mapped[str] = mapped_column(String(255), default="")
    source: Mapped[str] = mapped_column(SOURCE)
    restricted_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_in_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    last_out_at: Mapped[datetime | None] = mapped_column(UtcMicros)
    created_at: Mapped[datetime] = mapped_column(UtcMicros)
    updated_at: Mapped[datetime] = mapped_column(UtcMicros)
    row_version: Mapped[int] = mapped_column(default=1)


class Person(Base):
    """What only people have."""

    __tablename__ = "person"

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id", ondelete="CASCADE"), primary_key=True)
    given_name: Mapped[str] = mapped_column(String(120), default="")
    family_name: Mapped[str] = mapped_column(String(120), default="")
    salutation: Mapped[str] = mapped_column(String(60), default="")
    language: Mapped[str] = mapped_column(String(20), default="")


class Organisation(Base):
    """What only organisations have."""

    __tablename__ = "organisation"

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id", ondelete="CASCADE"), primary_key=True)
    legal_name: Mapped[str] = mapped_column(String(255), default="")
    tax_id: Mapped[str] = mapped_column(String(40), default="")


class OrgDomain(Base):
    """Which organisation a mail domain belongs to; free-mail domains never stand here."""

    __tablename__ = "org_domain"
    __table_args__ = (Index(None, "party_id"),)

    domain: Mapped[str] = mapped_column(String(255), primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))


class Affiliation(Base):
    """That a person has to do with an organisation: works for it, is its agent, or buys from it in the end. As mail tells: from
    the first mail at its domain to the last (`seen_until`); as humans and files tell: until `valid_to`, if it is over."""

    __tablename__ = "affiliation"
    __table_args__ = (UniqueConstraint("person_id", "org_id", "kind"), Index(None, "org_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    person_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    org_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    kind: Mapped[AffiliationKind] = mapped_column(EnumText(AffiliationKind), default=AffiliationKind.EMPLOYEE)
    title: Mapped[str] = mapped_column(String(200), default="")
    valid_from: Mapped[datetime] = mapped_column(UtcMicros)
    seen_until: Mapped[datetime] = mapped_column(UtcMicros)
    valid_to: Mapped[datetime | None] = mapped_column(UtcMicros)
    source: Mapped[str] = mapped_column(SOURCE)


class NumberSequence(Base):
    """The next serial of a kind of number (of customers: of all, of a year, of a month); the row is the lock."""

    __tablename__ = "number_sequence"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    next_value: Mapped[int] = mapped_column(Id)


class NumberAlias(Base):
    """A number that finds a party: given by us, or learnt from an earlier archive or another system; never removed.

    `number_key` is its comparison form. Two systems may have given the same number, so it is unique in its system ('' is us).
    """

    __tablename__ = "number_alias"
    __table_args__ = (UniqueConstraint("number_key", "system"), Index(None, "party_id"))

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    number_key: Mapped[str] = mapped_column(String(60))
    system: Mapped[str] = mapped_column(String(60), default="")
    number: Mapped[str] = mapped_column(String(60))
    kind: Mapped[NumberKind] = mapped_column(EnumText(NumberKind))
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    since: Mapped[datetime] = mapped_column(UtcMicros)


class EmailAddress(Base):
    """An address ever seen. `match_party_id` says whose mail it is; robots, lists and our own have none."""

    __tablename__ = "email_address"
    __table_args__ = (
        Index(None, "domain"),
        Index(None, "match_party_id"),
        Index(None, "mailbox_hash"),
        Index(None, "kind"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    address_norm: Mapped[str] = mapped_column(String(320), unique=True)
    address_display: Mapped[str] = mapped_column(String(320))
    domain: Mapped[str] = mapped_column(String(255))
    key_hash: Mapped[str] = mapped_column(Hash, unique=True)
    mailbox_hash: Mapped[str] = mapped_column(Hash)
    kind: Mapped[AddressKind] = mapped_column(EnumText(AddressKind))
    match_party_id: Mapped[int | None] = mapped_column(Id, ForeignKey("party.id"))
    created_at: Mapped[datetime] = mapped_column(UtcMicros)


class PartyEmail(Base):
    """That a party has an address; `rank` 1 is the one to write to. Addresses are ended (`valid_to`), never wiped."""

    __tablename__ = "party_email"
    __table_args__ = (
        UniqueConstraint("party_id", "email_id"),
        UniqueConstraint("party_id", "rank"),
        Index(None, "email_id"),
    )

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"))
    email_id: Mapped[int] = mapped_column(Id, ForeignKey("email_address.id"))
    rank: Mapped[int]
    label: Mapped[str] = mapped_column(String(60), default="")
    source: Mapped[str] = mapped_column(SOURCE)
    valid_from: Mapped[datetime] = mapped_column(UtcMicros)
    valid_to: Mapped[datetime | None] = mapped_column(UtcMicros)


class TagCategory(Base):
    """What several tags are about, by its comparison form. Of an exclusive one a customer has one tag at a time."""

    __tablename__ = "tag_category"

    key: Mapped[str] = mapped_column(String(60), primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    exclusive: Mapped[bool] = mapped_column(default=False)
    colour: Mapped[str] = mapped_column(String(20), default="")
    description: Mapped[str] = mapped_column(String(500), default="")


class TagAlias(Base):
    """A former name of a tag, or that of one that was merged into it: it means this tag for ever."""

    __tablename__ = "tag_alias"
    __table_args__ = (Index(None, "tag_id"),)

    category: Mapped[str] = mapped_column(String(60), primary_key=True)
    name_key: Mapped[str] = mapped_column(String(120), primary_key=True)
    tag_id: Mapped[int] = mapped_column(Id, ForeignKey("tag.id"))


class Tag(Base):
    """A word to sort customers by; unique in its category (a key of `tag_category`, '' without one) without regard to case. An
    archived one stays with those who have it, and nobody gets it any more."""

    __tablename__ = "tag"
    __table_args__ = (UniqueConstraint("category", "name_key"),)

    id: Mapped[int] = mapped_column(Id, primary_key=True)
    category: Mapped[str] = mapped_column(String(60), default="")
    name: Mapped[str] = mapped_column(String(120))
    name_key: Mapped[str] = mapped_column(String(120))
    archived_at: Mapped[datetime | None] = mapped_column(UtcMicros)


class PartyTag(Base):
    """That a party has a tag."""

    __tablename__ = "party_tag"
    __table_args__ = (Index(None, "tag_id", "party_id"),)

    party_id: Mapped[int] = mapped_column(Id, ForeignKey("party.id"), primary_key=True)
    tag_id: Mapped[int] = mapped_column(Id, ForeignKey("tag.id"), primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcMicros)
    by: Mapped[str] = mapped_column(String(120))
