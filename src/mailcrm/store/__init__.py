"""The cellar: the only place that knows SQL. Plain functions that take a Session; they never commit.

Only shells and faces open `with store.write(actor=...) as session` or `with store.read(viewer=...) as session`.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from mailcrm.store.engine import Store, open_store

__all__ = ["Session", "Store", "open_store"]


def __getattr__(name: str) -> object:
    """The names above, when they are first asked for: who only reads mail and packs it (`packing`) loads no SQL."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module("mailcrm.store.engine"), name)
    globals()[name] = found
    return found
