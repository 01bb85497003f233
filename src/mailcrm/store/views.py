"""Read-only views for analysts (docs/sql-views.md): a row per customer, timeline line, order; the same on all engines.

They are dropped before a migration and made after it, for engines refuse to change a table that a view uses. Times are UTC
text (2026-03-05 12:00:00), money is in minor units. A view knows no viewer: mail of private mailboxes and private notes are
left out, and fields of a team's own, which may be sensitive.
"""

from sqlalchemy import Connection, text

NAMES = ("v_party", "v_timeline", "v_orders")

_FACTS = (
    "title", "department", "company", "industry", "country", "region", "city", "language", "lifecycle", "tier", "owner",
    "origin", "phone", "mobile", "wechat",
)  # fmt: skip


def drop_views(connection: Connection) -> None:
    """Before a migration."""
    for name in NAMES:
        connection.execute(text(f"DROP VIEW IF EXISTS {name}"))


def create_views(connection: Connection) -> None:
    """After it."""
    dialect = connection.dialect.name
    for name, query in (
        ("v_party", _party(dialect)),
        ("v_timeline", _timeline(dialect)),
        ("v_orders", _orders(dialect)),
    ):
        connection.execute(text(f"CREATE VIEW {name} AS {query}"))


def _time(dialect: str, column: str) -> str:
    """Microseconds since 1970 as text."""
    if dialect == "sqlite":
        return f"datetime({column} / 1000000, 'unixepoch')"
    if dialect == "postgresql":
        return f"to_char(to_timestamp({column} / 1000000) AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24\\:MI\\:SS')"
    return f"DATE_FORMAT(DATE_ADD('1970-01-01 00\\:00\\:00', INTERVAL {column} MICROSECOND), '%Y-%m-%d %H\\:%i\\:%s')"


def _joined(dialect: str, column: str) -> str:
    """All values of a group in one text."""
    if dialect == "sqlite":
        return f"group_concat({column}, ', ')"
    if dialect == "postgresql":
        return f"string_agg({column}, ', ' ORDER BY {column})"
    return f"group_concat({column} ORDER BY {column} SEPARATOR ', ')"


def _fact(name: str) -> str:
    """The value of a field of a customer: the best of those of its members."""
    return (
        "(SELECT cf.value FROM contact_fact cf JOIN party m ON m.id = cf.party_id WHERE m.root_id = p.id "
        f"AND cf.field = '{name}' AND cf.is_current AND cf.value <> '' "
        f"ORDER BY CASE cf.source WHEN 'user' THEN 0 ELSE 1 END, cf.observed_at DESC, cf.id LIMIT 1) AS {name}"
    )


def _party(dialect: str) -> str:
    facts = ", ".join(_fact(name) for name in _FACTS)
    tag = "CASE WHEN t.category = '' THEN t.name ELSE t.category || ':' || t.name END"
    if dialect not in ("sqlite", "postgresql"):
        tag = "CASE WHEN t.category = '' THEN t.name ELSE concat(t.category, ':', t.name) END"
    tag = tag.replace("':'", "'\\:'")
    last = {
        column: f"(SELECT max(m.{column}) FROM party m WHERE m.root_id = p.id)"
        for column in ("last_in_at", "last_out_at")
    }
    return (
        "SELECT p.id AS party_id, p.customer_no, p.kind, p.state, p.display_name AS name, n.given_name, n.family_name, "
        "(SELECT e.address_display FROM party_email pe JOIN email_address e ON e.id = pe.email_id "
        "JOIN party m ON m.id = pe.party_id WHERE m.root_id = p.id AND pe.valid_to IS NULL "
        "ORDER BY CASE WHEN m.last_in_at IS NULL THEN 1 ELSE 0 END, m.last_in_at DESC, m.id, pe.rank LIMIT 1) AS email, "
        f"{facts}, "
        f"(SELECT {_joined(dialect, 'x.word')} FROM (SELECT DISTINCT m.root_id, {tag} AS word FROM party_tag pt "
        "JOIN tag t ON t.id = pt.tag_id JOIN party m ON m.id = pt.party_id) x WHERE x.root_id = p.id) AS tags, "
        f"{_time(dialect, 'p.created_at')} AS created_at, {_time(dialect, last['last_in_at'])} AS last_in_at, "
        f"{_time(dialect, last['last_out_at'])} AS last_out_at "
        "FROM party p LEFT JOIN person n ON n.party_id = coalesce(p.named_by, p.id) "
        "WHERE p.root_id = p.id AND p.state IN ('active', 'candidate', 'archived')"
    )


def _timeline(dialect: str) -> str:
    shared = (
        "EXISTS (SELECT 1 FROM message_location ml JOIN folder f ON f.id = ml.folder_id "
        "JOIN account a ON a.id = f.account_id WHERE ml.message_id = i.message_id AND a.visibility <> 'private')"
    )
    return (
        "SELECT i.id AS line_id, r.id AS party_id, r.customer_no, r.display_name AS name, "
        f"{_time(dialect, 'i.occurred_at')} AS occurred_at, i.kind, i.direction, i.title, i.outcome, i.actor, "
        "ac.state AS case_state, ac.owner AS case_owner "
        "FROM interaction_party ip JOIN interaction i ON i.id = ip.interaction_id "
        "JOIN party m ON m.id = ip.party_id JOIN party r ON r.id = m.root_id "
        "LEFT JOIN activity ac ON ac.interaction_id = i.id "
        f"WHERE coalesce(ac.private_to, '') = '' AND (i.message_id IS NULL OR {shared})"
    )


def _orders(dialect: str) -> str:
    return (
        "SELECT o.id AS order_id, o.order_no, r.id AS party_id, r.customer_no, r.display_name AS name, "
        f"{_time(dialect, 'o.ordered_at')} AS ordered_at, o.status, o.currency, o.amount_minor, "
        "coalesce((SELECT sum(py.amount_minor) FROM payment py WHERE py.order_id = o.id AND py.currency = o.currency), 0) "
        "AS paid_minor, o.source "
        "FROM sales_order o JOIN party m ON m.id = o.party_id JOIN party r ON r.id = m.root_id "
        "WHERE o.archived_at IS NULL"
    )
