"""For every check, what makes just that one fail: by raw calls where AWS has one for it, undone afterwards.

The table, one file a topic.
"""

from tests.verify.breakages import database, fleet, reachability, role, stores, web
from tests.verify.breakages.table import TABLE, Breakage

__all__ = ["TABLE", "Breakage", "database", "fleet", "reachability", "role", "stores", "web"]
