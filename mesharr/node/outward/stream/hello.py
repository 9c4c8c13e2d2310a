"""What this node's hello states of its libraries, read from the apps once a day at most."""

from collections.abc import Mapping

import msgspec

from mesharr.core.errors import MesharrError
from mesharr.core.events.schema import LibraryInfo
from mesharr.node.model import AppLink, Library
from mesharr.state.state import State


def described(state: State, libraries: Mapping[str, Library]) -> dict[str, LibraryInfo]:
    """Return the last known description of each library; makes no request."""
    found: dict[str, LibraryInfo] = {}
    for name, library in libraries.items():
        known = state.apps.description(library.app) if library.app else None
        found[name] = known or LibraryInfo()
    return found


class LibraryDescriptions:
    """Keeps the libraries' descriptions: an app that is down must not change the hello."""

    def __init__(self, state: State, libraries: Mapping[str, Library], apps: Mapping[str, AppLink]) -> None:
        self._state = state
        self._libraries = libraries
        self._apps = apps

    def describe(self) -> dict[str, LibraryInfo]:
        """Return the last known description of each library; makes no request."""
        return described(self._state, self._libraries)

    def refresh(self) -> None:
        """Ask each app for its description; one that does not answer keeps the last one."""
        for name, link in self._apps.items():
            try:
                info = link.arr.library_info()
            except MesharrError:
                continue
            info = msgspec.structs.replace(info, app=link.kind.name)
            self._state.apps.describe(name, info)
