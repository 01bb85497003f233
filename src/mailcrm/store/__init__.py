"""The cellar: the only place that knows SQL. Plain functions that take a Session; they never commit.

Only shells and faces open `with store.write(actor=...) as session` or `with store.read(viewer=...) as session`.
"""

from sqlalchemy.orm import Session

from mailcrm.store.engine import Store, open_store

__all__ = ["Session", "Store", "open_store"]
