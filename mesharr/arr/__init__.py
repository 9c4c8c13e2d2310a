"""The adapters to Radarr, Sonarr, Lidarr and Readarr; `base` is their port."""

from importlib import import_module
from pkgutil import iter_modules

from mesharr.arr.base import ArrKind


def kind(name: str) -> ArrKind:
    """Return the kind of app of this name, the name of its file: no other adapter is loaded."""
    found: ArrKind = import_module(f"{__name__}.{name}").KIND
    return found


def kinds() -> dict[str, ArrKind]:
    """Return every kind of app in this package, by its name in `apps` of the config."""
    found = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.KIND.name: module.KIND for module in found if hasattr(module, "KIND")}
