"""The corrections, a module for each service."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tapctl.emulator import lean


def load() -> None:
    """Register all corrections. Twice is as once: a module registers when it is imported."""
    lean.load()
    for module in iter_modules(__path__):
        if module.name == "__main__":
            continue
        import_module(f"{__name__}.{module.name}")
