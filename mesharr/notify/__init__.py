"""One file per way to notify the user. `kind` and `kinds` find them; `base` is the port."""

from importlib import import_module
from pkgutil import iter_modules

from mesharr.notify.base import NotifierKind


def kind(name: str) -> NotifierKind:
    """Return the kind of notifier of this name, the name of its file."""
    found: NotifierKind = import_module(f"{__name__}.{name}").KIND
    return found


def kinds() -> dict[str, NotifierKind]:
    """Return every kind of notifier in this package, by name."""
    found = [import_module(f"{__name__}.{info.name}") for info in iter_modules(__path__)]
    return {module.KIND.name: module.KIND for module in found if hasattr(module, "KIND")}
