"""The table of drifts, one file a topic."""

from tests.conformance.drifts import compute, database, network, peering, storage
from tests.conformance.drifts.table import TABLE, Drift

__all__ = ["TABLE", "Drift", "compute", "database", "network", "peering", "storage"]
