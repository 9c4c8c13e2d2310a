"""What RescanFolders does: rows of missing files go, new files are matched, creators may be added."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mesharr.demo.disk.folders import entries_below, may_be_unmounted, within
from mesharr.demo.wire import error, iso
from tests.arrs.works.adding import FoundCreators
from tests.arrs.works.library import Shelf
from tests.arrs.works.matching import Match, Matcher
from tests.arrs.works.model import Creator, MediaFile
from tests.arrs.works.monitoring import UNKNOWN, monitored_by

_IGNORED_FOLDER = re.compile(r"extras|@eadir|\..+", re.IGNORECASE)
_IGNORED_FILE = re.compile(r"\._|.*\.partial~$")
_TOLERANCE = 1.0


@dataclass(frozen=True)
class Seen:
    """A file on the disk."""

    path: str
    size: int
    modified: float

    def differs(self, row: MediaFile) -> bool:
        """Whether the file is another than its row says: in size, or in time by more than a second."""
        return self.size != row.size or abs(self.modified - row.modified) > _TOLERANCE


class Scan:
    """Scans folders of one shelf."""

    def __init__(self, shelf: Shelf, matcher: Matcher) -> None:
        self._shelf = shelf
        self._matcher = matcher
        self._adding = FoundCreators(shelf, matcher)

    def run(
        self, folders: Sequence[str] | None, chosen: str, creator_ids: Sequence[int], *, add_new: bool
    ) -> None:
        """Compare folders (None is every root) with the rows of the files below them.

        A folder outside every root ends it, silently. So does a missing one below a root that is
        missing or empty, but then what waits for a first scan of `creator_ids` is done. A missing
        one below any other root loses all its rows; one *without any media file* keeps them.
        `chosen` is which files are looked at: `known` leaves out every file that has a row and has
        not changed, `matched` those whose row belongs to a work, `none` leaves out none.
        """
        shelf = self._shelf
        seen: list[Seen] = []
        for folder in folders if folders is not None else list(shelf.arr.common.roots.values()):
            root = self._root(folder)
            if root is None:
                return
            if may_be_unmounted(folder, root):
                self._completed(creator_ids, linking=False)
                return
            seen += self._cleaned(folder, creator_ids)
        self._take([file for file in seen if self._is_chosen(file, chosen)], add_new=add_new)
        self._completed(creator_ids, linking=True)

    def _root(self, folder: str) -> str | None:
        roots = [root for root in self._shelf.arr.common.roots.values() if within(folder, root)]
        return max(roots, key=len, default=None)

    def _cleaned(self, folder: str, creator_ids: Sequence[int]) -> list[Seen]:
        exists = os.path.isdir(folder)
        files = self._listed(folder) if exists else []
        if self._shelf.between is not None:
            self._shelf.between("scan", next(iter(creator_ids), 0))
        if exists and not files:
            return []
        there = {file.path for file in files}
        for row in self._shelf.tables.files.rows():
            if within(row.path, folder) and row.path not in there:
                self._shelf.drop_file(row, "MissingFromDisk")
        return files

    def _listed(self, folder: str) -> list[Seen]:
        suffixes = self._shelf.words.suffixes
        return [
            Seen(f"{folder.rstrip('/')}/{name}", entry.stat().st_size, entry.stat().st_mtime)
            for name, entry in entries_below(folder, _IGNORED_FOLDER, self._shelf.scandir)
            if os.path.splitext(name)[1].lower() in suffixes and not _IGNORED_FILE.match(entry.name)
        ]

    def _row_at(self, path: str) -> MediaFile | None:
        return next(iter(self._shelf.tables.files.of("path", path)), None)

    def _is_chosen(self, file: Seen, chosen: str) -> bool:
        row = self._row_at(file.path)
        if chosen == "none" or row is None or file.differs(row):
            return True
        return chosen == "matched" and not row.work_id

    # -- what becomes of a file -------------------------------------------------------------

    def _take(self, files: Sequence[Seen], *, add_new: bool) -> None:
        matches = self._matches(files)
        unmatched = [file.path for file in files if file.path not in matches]
        if self._shelf.words.asks_for_unmatched:
            self._shelf.metadata_requests += len(unmatched)
        if add_new and self._adding.add(unmatched):
            matches = self._matches(files)
        for file in files:
            match = matches.get(file.path)
            if match is None or not self._better(file, match):
                self._keep_unmapped(file)
            else:
                self._attach(file, match)

    def _matches(self, files: Sequence[Seen]) -> Mapping[str, Match]:
        shelf = self._shelf
        found: dict[str, Match] = {}
        owned: dict[int, list[str]] = {}
        for file in files:
            if (owner := shelf.owner_of(file.path)) is not None:
                owned.setdefault(owner.id, []).append(file.path)
        for creator_id, paths in owned.items():
            creator = shelf.creator(creator_id)
            prefix = f"{creator.path.rstrip('/')}/"
            names = [path.removeprefix(prefix) for path in paths]
            works = shelf.works(creator.id)
            tracks = {edition.id: shelf.tracks_of(edition) for work in works for edition in work.editions}
            matched = self._matcher.match(works, names, tracks)
            found |= {prefix + name: match for name, match in matched.items()}
        return found

    def _better(self, file: Seen, match: Match) -> bool:
        """Whether no better file holds the same: a worse one than the file there is stays unmapped."""
        rank = self._matcher.quality(file.path).rank
        held = {self._shelf.tables.tracks[track.id].file_id for track in match.tracks}
        rivals = [
            row
            for row in self._shelf.files_of(match.work.id)
            if row.path != file.path and (row.id in held or not match.tracks)
        ]
        return all(rank >= row.quality.rank for row in rivals)

    def _attach(self, file: Seen, match: Match) -> None:
        """A file whose row is there already loses it first, and with it what was linked to it."""
        shelf = self._shelf
        before = self._row_at(file.path)
        if before is not None:
            shelf.drop_file(before, "ManualOverride")
        work = shelf.work(match.work.id)
        if work.edition() is None or work.edition() != match.edition:
            shelf.choose_edition(work, match.edition.known.id)
        # as they are now: what came before in this scan may have linked them
        tracks = [shelf.tables.tracks[track.id] for track in match.tracks]
        draft = replace(self._draft(file), work_id=work.id, edition_id=match.edition.id)
        row = shelf.insert_file(draft, tracks)
        wished = shelf.arr.config("metadataprovider")["writeAudioTags"] in {"allFiles", "sync"}
        if wished and os.path.splitext(row.path)[1].lower() in shelf.words.tagged:
            shelf.retag(row)

    def _keep_unmapped(self, file: Seen) -> None:
        before = self._row_at(file.path)
        if before is None:
            self._shelf.insert_file(self._draft(file))
        else:
            changed = replace(before, size=file.size, modified=file.modified)
            self._shelf.tables.files[before.id] = changed

    def _draft(self, file: Seen) -> MediaFile:
        quality = self._matcher.quality(file.path)
        return MediaFile(0, file.path, file.size, file.modified, 0.0, quality)

    # -- afterwards -------------------------------------------------------------------------

    def _completed(self, creator_ids: Sequence[int], *, linking: bool) -> None:
        for creator_id in creator_ids:
            creator = self._shelf.tables.creators.get(creator_id)
            if creator is not None:
                if linking:
                    self._link_extras(creator)
                self._after_first_scan(creator)
                self._search_new_works(creator)

    def _link_extras(self, creator: Creator) -> None:
        """Link what lies beside a matched file under the same name, as far as it is no media itself.

        How often the real ones succeed in this is not known; here they always do.
        """
        for row in self._shelf.files_of_creator(creator.id):
            stem, folder = os.path.splitext(row.path)[0], os.path.dirname(row.path)
            names = os.listdir(folder) if os.path.isdir(folder) else []
            beside = {f"{folder}/{name}" for name in names} - {row.path}
            own = {path for path in beside if os.path.splitext(path)[0] == stem and os.path.isfile(path)}
            own = {p for p in own if os.path.splitext(p)[1].lower() not in self._shelf.words.suffixes}
            self._shelf.tables.files[row.id] = replace(row, extras=tuple(sorted({*row.extras, *own})))

    def _after_first_scan(self, creator: Creator) -> None:
        """Apply the add options once and forget them; where adds are told late, tell it now."""
        shelf, options = self._shelf, creator.add_options
        if options is None:
            return
        self.monitor(creator, options)
        if not shelf.words.told_at_once:
            shelf.events.creator_added(shelf.creator(creator.id))
        if options.get(shelf.words.of("searchForMissing{Work}s")):
            held = {file.work_id for file in shelf.files_of_creator(creator.id)}
            wanted = [work.id for work in shelf.works(creator.id) if work.monitored and work.id not in held]
            shelf.search(wanted)
        shelf.change_creator(creator.id, add_options=None)

    def _search_new_works(self, creator: Creator) -> None:
        shelf = self._shelf
        for work in shelf.works(creator.id):
            if work.add_options is not None:
                shelf.change_work(work.id, add_options=None)
                if work.add_options.get(shelf.words.of("searchForNew{Work}")):
                    shelf.search([work.id])

    def monitor(self, creator: Creator, options: Mapping[str, object]) -> None:
        """Set the flags of a creator's works as a monitoring option says; a list of works wins over it."""
        shelf = self._shelf
        works = shelf.works(creator.id)
        listed = options.get(shelf.words.of("{work}sToMonitor"))
        option = str(options.get("monitor", UNKNOWN))
        if option == UNKNOWN and shelf.words.unknown_option_fails:
            raise error(500, f"Specified argument was out of the range of valid values: {option}")
        if isinstance(listed, list) and listed:
            flags = {work.id: work.foreign_id in listed for work in works}
        else:
            held = frozenset(file.work_id for file in shelf.files_of_creator(creator.id))
            flags = monitored_by(option, works, held, iso(shelf.arr.now())[:10])
            if option == "none":
                shelf.change_creator(creator.id, monitored=False)
        for work_id, monitored in flags.items():
            shelf.change_work(work_id, monitored=monitored)
