"""Say on which mounts this node saw its store and its libraries last."""

from collections.abc import Iterable, Mapping
from contextlib import closing

import msgspec

from mesharr.cli.access.state import readable_state
from mesharr.cli.context import Session
from mesharr.disk.library import MountMemory


class KnownMounts(msgspec.Struct, frozen=True):
    """The mounts (`mount_text`) on which this node saw its store and its libraries last."""

    store: str = ""
    libraries: Mapping[str, str] = {}

    def of_library(self, name: str) -> MountMemory:
        """Return the mount of a library as its storage takes it; what it sees now is not kept."""
        return MountMemory(self.libraries.get(name, ""))


def known_mounts(session: Session, libraries: Iterable[str]) -> KnownMounts:
    """Return what this node remembers of its mounts; nothing while it has never run."""
    state = readable_state(session.config_dir)
    with closing(state.db):
        mounts = {name: state.libraries.mount(name) for name in libraries}
        return KnownMounts(state.store.get().storage, mounts)
