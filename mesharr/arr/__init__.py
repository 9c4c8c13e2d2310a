"""One file per arr. `kinds()` finds them; `base` is the port."""

from importlib import import_module
from pkgutil import iter_modules

from mesharr.arr.base import ArrKind


def kinds() -> dict[str, ArrKind]:
    """Return every kind of arr in this package, by name."""
    found = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.KIND.name: module.KIND for module in found if hasattr(module, "KIND")}
