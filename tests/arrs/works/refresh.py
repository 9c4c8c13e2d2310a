"""What a refresh of a creator does: new works, works and creators that vanish, and the scan it queues."""

import os
from collections.abc import Sequence
from dataclasses import replace

from mesharr.demo.wire import HttpError
from tests.arrs.works.library import Shelf
from tests.arrs.works.model import Creator, KnownCreator, KnownWork, Work
from tests.arrs.works.monitoring import new_item_monitored


class Refresh:
    """Refreshes creators of one shelf.

    A trigger is `manual` for a command, `scheduled`, or `unspecified` for what follows an add: of these,
    only what was scheduled deletes media that nobody's request is to blame for.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf

    def creators(self, creator_ids: Sequence[int], *, new: bool, trigger: str) -> None:
        """Read the metadata of these creators again, then queue one scan as the settings say."""
        rows = [self._shelf.creator(creator_id) for creator_id in creator_ids]
        news = [self._refresh(row, trigger) for row in rows if row.id in self._shelf.tables.creators]
        left = [creator_id for creator_id in creator_ids if creator_id in self._shelf.tables.creators]
        if left or not new:
            self._queue_scan(left, new, trigger, any(news))

    def work(self, work_id: int, *, new: bool) -> None:
        """Read the metadata of one work again; a new one is followed by a scan of its creator's folder."""
        shelf = self._shelf
        work = shelf.work(work_id)
        self._meanwhile("works", work.creator_id)
        found = shelf.known_work(work.foreign_id)
        if found is not None:
            self._update(work, found[1])
        if new:
            creator = shelf.creator(work.creator_id)
            self._submit_scan([creator.path], [creator.id])

    def _meanwhile(self, stage: str, creator_id: int) -> None:
        if self._shelf.between is not None:
            self._shelf.between(stage, creator_id)

    def _refresh(self, creator: Creator, trigger: str) -> bool:
        """Whether anything changed. A creator that is unknown upstream and has no file is deleted,
        with everything in its folder; a server that fails changes nothing, unless that looks the same.
        A dead line to it never does.
        """
        shelf, creator_id = self._shelf, creator.id
        self._meanwhile("metadata", creator_id)
        try:
            known = shelf.known(creator.foreign_id)
        except ConnectionError:
            return False
        except HttpError:
            if not shelf.words.outage_is_unknown:
                return False
            known = None
        if known is None:
            if shelf.files_of_creator(creator_id):
                shelf.change_creator(creator_id, gone_upstream=True)
            else:
                shelf.remove_creator(creator_id, True, asked=trigger != "scheduled")
            return True
        other = shelf.creator_by(known.id)
        if other is not None and other.id != creator.id:
            self._merge(creator, other)
            return True
        return self._sync(creator, known)

    def _merge(self, creator: Creator, other: Creator) -> None:
        """Two creators became one upstream: works move over, and the row goes, without its files."""
        shelf = self._shelf
        for work in shelf.works(creator.id):
            taken = any(work.foreign_id == theirs.foreign_id for theirs in shelf.works(other.id))
            if not taken:
                shelf.change_work(work.id, creator_id=other.id)
        shelf.remove_creator(creator.id, False)

    def _sync(self, creator: Creator, known: KnownCreator) -> bool:
        """Bring the works in line, then write the creator; both as whole rows, as they were read before."""
        shelf = self._shelf
        changed = creator.known != known
        creator = replace(
            creator, known=known, foreign_id=known.id, gone_upstream=False, synced=shelf.arr.now()
        )
        profile = shelf.tables.profiles[creator.metadata_profile_id]
        allowed = {work.id: work for work in known.works if profile.allows(work)}
        changed |= self._merge_works(creator, known)
        present = shelf.works(creator.id)
        self._meanwhile("works", creator.id)
        for work in present:
            upstream = known.work(work.foreign_id)
            if work.foreign_id in allowed or work.manual or shelf.files_of(work.id):
                changed |= upstream is not None and self._update(work, upstream)
            elif work.id in shelf.tables.works:
                shelf.remove_work(work.id, True, asked=False)
                changed = True
        missing = [work for work in allowed.values() if work.id not in {row.foreign_id for row in present}]
        for new in missing:
            self._insert(creator, new, present)
        shelf.write_creator(creator)
        return changed or bool(missing)

    def _merge_works(self, creator: Creator, known: KnownCreator) -> bool:
        """Give works the id they were merged into; one that is there already makes the other go."""
        shelf = self._shelf
        merged = {old: work for work in known.works for old in work.old_ids}
        rows = [row for row in shelf.works(creator.id) if row.foreign_id in merged]
        for row in rows:
            into = merged[row.foreign_id]
            if shelf.work_by(into.id) is None:
                self._update(row, into)
            else:
                shelf.remove_work(row.id, False)
        return bool(rows)

    def _insert(self, creator: Creator, known: KnownWork, present: Sequence[Work]) -> None:
        monitored = new_item_monitored(creator.new_items, known.date, present)
        if self._shelf.work_by(known.id) is None and creator.id in self._shelf.tables.creators:
            self._shelf.insert_work(Work(0, creator.id, known, (), monitored=monitored, any_edition=True))

    def _update(self, early: Work, known: KnownWork) -> bool:
        """Write the whole row that was read, with the metadata in it. Editions are rows of their own."""
        shelf = self._shelf
        now = shelf.tables.works.get(early.id)
        if now is None:
            return False
        work = replace(early, editions=now.editions)
        shelf.tables.works[work.id] = work
        if work.known == known and work.editions:
            return False
        chosen = work.edition()
        shelf.set_editions(replace(work, known=known), None if chosen is None else chosen.known.id)
        return True

    def _make_folder(self, creator: Creator) -> None:
        words = self._shelf.words
        wished = self._shelf.arr.config("mediamanagement")[words.of("createEmpty{Creator}Folders")]
        if wished and os.path.isdir(os.path.dirname(creator.path)):
            os.makedirs(creator.path, exist_ok=True)

    def _queue_scan(self, creator_ids: Sequence[int], new: bool, trigger: str, news: bool) -> None:
        shelf = self._shelf
        policy = shelf.arr.config("mediamanagement")["rescanAfterRefresh"]
        roots = list(shelf.arr.common.roots.values())
        if new:
            for creator_id in creator_ids:
                self._make_folder(shelf.creator(creator_id))
            own = [shelf.creator(creator_id).path for creator_id in creator_ids]
            self._submit_scan(roots if shelf.words.new_scans_all_roots else own, creator_ids)
            return
        if policy == "never" or (policy == "afterManual" and trigger != "manual"):
            return
        if news or not shelf.words.rescan_needs_news:
            self._submit_scan(roots, creator_ids)

    def _submit_scan(self, folders: list[str], creator_ids: Sequence[int]) -> None:
        words = self._shelf.words
        body = {
            "folders": folders,
            "filter": "matched",
            words.of("addNew{Creator}s"): False,
            words.of("{creator}Ids"): list(creator_ids),
        }
        self._shelf.arr.commands.submit("RescanFolders", body, "unspecified")
