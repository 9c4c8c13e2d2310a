"""Creators and works that a scan adds by itself, because their files lie in a root folder."""

import os
from collections.abc import Sequence

from mesharr.demo.disk.folders import root_of, within
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.matching import Matcher, comparable, titled
from tests.arrs.works.model import Creator, KnownCreator, RootDefaults, Work
from tests.arrs.works.monitoring import new_item_monitored


class FoundCreators:
    """Adds what the metadata server knows of folders that no creator in the library has."""

    def __init__(self, library: WorksLibrary, matcher: Matcher) -> None:
        self._library = library
        self._matcher = matcher

    def add(self, paths: Sequence[str]) -> bool:
        """Add the creators and works of these files, with the defaults of their root folder.

        A folder right below a root that is named as a creator is that creator. Whether anything
        was added; nothing is while the metadata server does not answer.
        """
        if self._library.metadata_down or self._library.metadata_unreachable:
            return False
        added: list[int] = []
        any_work = False
        for path in paths:
            creator = self._library.owner_of(path)
            if creator is None:
                creator = self._add_creator(path)
                added += [] if creator is None else [creator.id]
            any_work |= creator is not None and self._add_work(creator, path)
        if added:
            traits = self._library.traits
            body = {traits.name("{creator}Ids"): added, traits.name("areNew{Creator}s"): True}
            self._library.arr.commands.submit(traits.name("BulkRefresh{Creator}"), body, "unspecified")
        return any_work

    def _add_creator(self, path: str) -> Creator | None:
        library = self._library
        root = root_of(path, library.roots())
        folder = f"{root}/{os.path.relpath(path, root).split('/')[0]}"
        known = self._known(os.path.basename(folder))
        if known is None or not within(path, folder) or library.creator_by(known.id) is not None:
            return None
        if titled(known.works, self._matcher.title(os.path.relpath(path, folder))) is None:
            return None
        number = next(number for number, at in library.arr.common.roots.items() if at == root)
        defaults = library.tables.roots.get(number, RootDefaults(root))
        draft = Creator(
            id=0,
            foreign_id=known.id,
            known=known,
            path=folder,
            quality_profile_id=defaults.quality_profile_id,
            metadata_profile_id=defaults.metadata_profile_id,
            monitored=defaults.monitor != "none",
            new_items=defaults.new_items,
            tags=defaults.tags,
            add_options={"monitor": defaults.monitor},
        )
        return library.insert_creator(draft)

    def _add_work(self, creator: Creator, path: str) -> bool:
        library = self._library
        upstream = library.known(creator.foreign_id)
        title = self._matcher.title(os.path.relpath(path, creator.path))
        known = None if upstream is None else titled(upstream.works, title)
        if known is None or library.work_by(known.id) is not None:
            return False
        monitored = new_item_monitored(creator.new_items, known.date, library.works(creator.id))
        library.insert_work(Work(0, creator.id, known, (), monitored=monitored, any_edition=True))
        return True

    def _known(self, name: str) -> KnownCreator | None:
        known = self._library.catalogue.values()
        return next((creator for creator in known if comparable(creator.name) == comparable(name)), None)
