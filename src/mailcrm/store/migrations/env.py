"""Alembic's entry: runs the scripts on the connection that `store.migrate` hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext

from mailcrm.store.migrate import is_modelled
from mailcrm.store.rows.base import Bytes, EnumText, Hash, Id, LongText, UtcMicros
from mailcrm.store.rows.tables import Base

_NAMES = {id(Id): "t.ID", id(Hash): "t.HASH", id(LongText): "t.LONG_TEXT", id(Bytes): "t.BYTES"}


def _render(kind: str, item: Any, _context: AutogenContext) -> str | Literal[False]:
    """New scripts name our types by `migrations.types`: history must not change when the models do."""
    if kind != "type":
        return False
    if isinstance(item, EnumText):
        return f"sa.String({item.length})"
    if isinstance(item, UtcMicros):
        return "t.TIME"
    return _NAMES.get(id(item), False)


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=_render,
    include_name=is_modelled,
)
with context.begin_transaction():
    context.run_migrations()
