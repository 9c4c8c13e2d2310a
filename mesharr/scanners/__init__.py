"""One file per media server or scanner. `kinds()` finds them; `base` is the port."""

from importlib import import_module
from pkgutil import iter_modules

from mesharr.scanners.base import ScannerKind


def kinds() -> dict[str, ScannerKind]:
    """Return every kind of scanner in this package, by name."""
    found = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.KIND.name: module.KIND for module in found if hasattr(module, "KIND")}
