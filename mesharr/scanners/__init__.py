"""The adapters to media servers and scanners, one file each; `base` is their port."""

from importlib import import_module
from pkgutil import iter_modules

from mesharr.scanners.base import ScannerKind


def kind(name: str) -> ScannerKind:
    """Return the kind of scanner of this name, the name of its file: no other adapter is loaded."""
    found: ScannerKind = import_module(f"{__name__}.{name}").KIND
    return found


def kinds() -> dict[str, ScannerKind]:
    """Return every kind of scanner in this package, by its name in `scanners:` of the config."""
    found = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.KIND.name: module.KIND for module in found if hasattr(module, "KIND")}
