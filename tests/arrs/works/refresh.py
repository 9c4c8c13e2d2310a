"""What a refresh of a creator does.

New works, works and creators that vanish, and the scan it queues.
"""

import os
from collections.abc import Sequence
from dataclasses import replace

from mesharr.demo.wire import HttpError
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import Creator, KnownCreator, KnownWork, Work
from tests.arrs.works.monitoring import new_item_monitored


class Refresh:
    """Refreshes creators of one library.

    A trigger is `manual` for a command, `scheduled`, or `unspecified` for what follows an add: of these,
    only what was scheduled deletes media that nobody's request is to blame for.
    """

    def __init__(self, library: WorksLibrary) -> None:
        self._library = library

    def creators(self, creator_ids: Sequence[int], *, new: bool, trigger: str) -> None:
        """Read the metadata of these creators again, then queue one scan as the settings say."""
        rows = [self._library.creator(creator_id) for creator_id in creator_ids]
        changed = [self._refresh(row, trigger) for row in rows if row.id in self._library.tables.creators]
        left = [creator_id for creator_id in creator_ids if creator_id in self._library.tables.creators]
        if left or not new:
            self._queue_scan(left, new, trigger, any(changed))

    def work(self, work_id: int, *, new: bool) -> None:
        """Read the metadata of one work again.

        A new one is followed by a scan of its creator's folder.
        """
        library = self._library
        work = library.work(work_id)
        self._library.interrupt("works", work.creator_id)
        found = library.known_work(work.foreign_id)
        if found is not None:
            self._update(work, found[1])
        if new:
            creator = library.creator(work.creator_id)
            self._submit_scan([creator.path], [creator.id])

    def _refresh(self, creator: Creator, trigger: str) -> bool:
        """Return whether anything changed.

        A creator that is unknown upstream and has no file is deleted, with everything in its folder.
        A server that fails changes nothing, unless the app takes an outage for an unknown id; a server
        that cannot be reached never does.
        """
        library, creator_id = self._library, creator.id
        self._library.interrupt("metadata", creator_id)
        try:
            known = library.known(creator.foreign_id)
        except ConnectionError:
            return False
        except HttpError:
            if not library.traits.outage_means_unknown:
                return False
            known = None
        if known is None:
            if library.files_of_creator(creator_id):
                library.change_creator(creator_id, gone_upstream=True)
            else:
                library.remove_creator(creator_id, True, requested=trigger != "scheduled")
            return True
        other = library.creator_by(known.id)
        if other is not None and other.id != creator.id:
            self._merge(creator, other)
            return True
        return self._sync(creator, known)

    def _merge(self, creator: Creator, other: Creator) -> None:
        """Merge a creator into the one it became upstream.

        Works move over, the row goes, files stay.
        """
        library = self._library
        for work in library.works(creator.id):
            taken = any(work.foreign_id == theirs.foreign_id for theirs in library.works(other.id))
            if not taken:
                library.change_work(work.id, creator_id=other.id)
        library.remove_creator(creator.id, False)

    def _sync(self, creator: Creator, known: KnownCreator) -> bool:
        """Update the works, then write the creator; both as whole rows, as they were read before."""
        library = self._library
        changed = creator.known != known
        creator = replace(
            creator, known=known, foreign_id=known.id, gone_upstream=False, synced=library.arr.now()
        )
        profile = library.tables.profiles[creator.metadata_profile_id]
        allowed = {work.id: work for work in known.works if profile.allows(work)}
        changed |= self._merge_works(creator, known)
        present = library.works(creator.id)
        self._library.interrupt("works", creator.id)
        for work in present:
            upstream = known.work(work.foreign_id)
            if work.foreign_id in allowed or work.manual or library.files_of(work.id):
                changed |= upstream is not None and self._update(work, upstream)
            elif work.id in library.tables.works:
                library.remove_work(work.id, True, requested=False)
                changed = True
        missing = [work for work in allowed.values() if work.id not in {row.foreign_id for row in present}]
        for new in missing:
            self._insert(creator, new, present)
        library.write_creator(creator)
        return changed or bool(missing)

    def _merge_works(self, creator: Creator, known: KnownCreator) -> bool:
        """Give works the id they were merged into; one that is there already makes the other go."""
        library = self._library
        merged = {old: work for work in known.works for old in work.old_ids}
        rows = [row for row in library.works(creator.id) if row.foreign_id in merged]
        for row in rows:
            into = merged[row.foreign_id]
            if library.work_by(into.id) is None:
                self._update(row, into)
            else:
                library.remove_work(row.id, False)
        return bool(rows)

    def _insert(self, creator: Creator, known: KnownWork, present: Sequence[Work]) -> None:
        monitored = new_item_monitored(creator.new_items, known.date, present)
        if self._library.work_by(known.id) is None and creator.id in self._library.tables.creators:
            self._library.insert_work(Work(0, creator.id, known, (), monitored=monitored, any_edition=True))

    def _update(self, early: Work, known: KnownWork) -> bool:
        """Write the whole row that was read, with the metadata in it.

        Editions are rows of their own.
        """
        library = self._library
        now = library.tables.works.get(early.id)
        if now is None:
            return False
        work = replace(early, editions=now.editions)
        library.tables.works[work.id] = work
        if work.known == known and work.editions:
            return False
        chosen = work.edition()
        library.set_editions(replace(work, known=known), None if chosen is None else chosen.known.id)
        return True

    def _make_folder(self, creator: Creator) -> None:
        traits = self._library.traits
        enabled = self._library.arr.config("mediamanagement")[traits.name("createEmpty{Creator}Folders")]
        if enabled and os.path.isdir(os.path.dirname(creator.path)):
            os.makedirs(creator.path, exist_ok=True)

    def _queue_scan(self, creator_ids: Sequence[int], new: bool, trigger: str, changed: bool) -> None:
        library = self._library
        policy = library.media_setting("rescanAfterRefresh")
        roots = library.roots()
        if new:
            for creator_id in creator_ids:
                self._make_folder(library.creator(creator_id))
            own = [library.creator(creator_id).path for creator_id in creator_ids]
            self._submit_scan(roots if library.traits.new_scans_all_roots else own, creator_ids)
            return
        if policy == "never" or (policy == "afterManual" and trigger != "manual"):
            return
        if changed or not library.traits.rescan_needs_changes:
            self._submit_scan(roots, creator_ids)

    def _submit_scan(self, folders: list[str], creator_ids: Sequence[int]) -> None:
        traits = self._library.traits
        body = {
            "folders": folders,
            "filter": "matched",
            traits.name("addNew{Creator}s"): False,
            traits.name("{creator}Ids"): list(creator_ids),
        }
        self._library.arr.commands.submit("RescanFolders", body, "unspecified")
