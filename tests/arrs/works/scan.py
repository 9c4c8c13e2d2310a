"""What RescanFolders does.

Rows of missing files go, new files are matched, creators may be added.
"""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from mesharr.demo.disk.folders import entries_below, may_be_unmounted, within
from mesharr.demo.wire import error, iso
from tests.arrs.works.adding import FoundCreators
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.matching import Match, Matcher, comparable
from tests.arrs.works.model import Creator, MediaFile
from tests.arrs.works.monitoring import UNKNOWN, monitored_by
from tests.arrs.works.tags import edition_in

_IGNORED_FOLDER = re.compile(r"extras|@eadir|\..+", re.IGNORECASE)
_IGNORED_FILE = re.compile(r"\._|.*\.partial~$")
_TOLERANCE = 1.0
_LIKE_ENOUGH = 0.8


@dataclass(frozen=True)
class Seen:
    """A file on the disk."""

    path: str
    size: int
    modified: float

    def differs(self, row: MediaFile) -> bool:
        """Return whether the file is another than its row says.

        In size, or in time by more than a second.
        """
        return self.size != row.size or abs(self.modified - row.modified) > _TOLERANCE


class Scan:
    """Scans folders of one library."""

    def __init__(self, library: WorksLibrary, matcher: Matcher) -> None:
        self._library = library
        self._matcher = matcher
        self._adding = FoundCreators(library, matcher)
        self._scans = 0
        """How many scans wavered."""

    def run(
        self, folders: Sequence[str] | None, chosen: str, creator_ids: Sequence[int], *, add_new: bool
    ) -> None:
        """Compare folders (None is every root) with the rows of the files below them.

        A folder outside every root ends it without an error. So does a missing one below a root that is
        missing or empty, but then what waits for a first scan of `creator_ids` is done. A missing
        one below any other root loses all its rows; one *without any media file* keeps them.
        `chosen` is which files are examined: `known` leaves out every file that has a row and has
        not changed, `matched` those whose row belongs to a work, `none` leaves out none.
        """
        library = self._library
        seen: list[Seen] = []
        for folder in folders if folders is not None else library.roots():
            root = self._root(folder)
            if root is None:
                return
            if may_be_unmounted(folder, root):
                self._completed(creator_ids, linking=False)
                return
            seen += self._cleaned(folder, creator_ids)
        self._take([file for file in seen if self._is_chosen(file, chosen)], add_new=add_new)
        if library.facts.wavers:
            self._waver(seen)
        self._completed(creator_ids, linking=True)

    def _root(self, folder: str) -> str | None:
        roots = [root for root in self._library.arr.common.roots.values() if within(folder, root)]
        return max(roots, key=len, default=None)

    def _cleaned(self, folder: str, creator_ids: Sequence[int]) -> list[Seen]:
        exists = os.path.isdir(folder)
        files = self._listed(folder) if exists else []
        self._library.interrupt("scan", next(iter(creator_ids), 0))
        if exists and not files:
            return []
        there = {file.path for file in files}
        for row in self._library.tables.files.rows():
            if within(row.path, folder) and row.path not in there:
                self._library.drop_file(row, "MissingFromDisk")
        return files

    def _listed(self, folder: str) -> list[Seen]:
        suffixes = self._library.traits.suffixes
        return [
            Seen(f"{folder.rstrip('/')}/{name}", entry.stat().st_size, entry.stat().st_mtime)
            for name, entry in entries_below(folder, _IGNORED_FOLDER, self._library.scandir)
            if os.path.splitext(name)[1].lower() in suffixes and not _IGNORED_FILE.match(entry.name)
        ]

    def _row_at(self, path: str) -> MediaFile | None:
        return next(iter(self._library.tables.files.of("path", path)), None)

    def _is_chosen(self, file: Seen, chosen: str) -> bool:
        row = self._row_at(file.path)
        if chosen == "none" or row is None or file.differs(row):
            return True
        return chosen == "matched" and not row.work_id

    # -- what becomes of a file -------------------------------------------------------------

    def _take(self, files: Sequence[Seen], *, add_new: bool) -> None:
        matches = self._matches(files)
        unmatched = [file.path for file in files if file.path not in matches]
        if self._library.traits.looks_up_unmatched:
            self._library.metadata_requests += len(unmatched)
        if add_new and self._adding.add(unmatched):
            matches = self._matches(files)
        for file in files:
            match = matches.get(file.path)
            if match is None or not self._better(file, match):
                self._keep_unmapped(file)
            else:
                self._attach(file, match)

    def _waver(self, files: Sequence[Seen]) -> None:
        """Decide anew for tracks that several files fit to: never for one whole set of an album."""
        self._scans += 1
        matches = self._matches(files)
        fitting: dict[int, list[Seen]] = {}
        for file in files:
            for track in matches[file.path].tracks if file.path in matches else ():
                fitting.setdefault(track.id, []).append(file)
        several = [(track, fits) for track, fits in sorted(fitting.items()) if len(fits) > 1]
        for number, (track_id, fits) in enumerate(several):
            row = self._library.tables.files.get(self._library.tables.tracks[track_id].file_id)
            chosen = fits[(self._scans + number) % len(fits)]
            if row is None or row.path != chosen.path:
                self._attach(chosen, matches[chosen.path])

    def _matches(self, files: Sequence[Seen]) -> Mapping[str, Match]:
        library = self._library
        found: dict[str, Match] = {}
        owned: dict[int, list[str]] = {}
        for file in files:
            if (owner := library.owner_of(file.path)) is not None:
                owned.setdefault(owner.id, []).append(file.path)
        for creator_id, paths in owned.items():
            creator = library.creator(creator_id)
            prefix = f"{creator.path.rstrip('/')}/"
            names = [path.removeprefix(prefix) for path in paths]
            works = library.works(creator.id)
            tracks = {edition.id: library.tracks_of(edition) for work in works for edition in work.editions}
            matched = self._matcher.match(works, names, tracks)
            found |= {prefix + name: match for name, match in matched.items()}
        if library.facts.reads_tags:
            found = {path: fit for path, match in found.items() if (fit := self._as_tagged(path, match))}
        if library.facts.fuzzy_matches:
            strays = [file.path for file in files if file.path not in found]
            found |= {path: match for path in strays if (match := self._most_similar(path)) is not None}
        return found

    def _as_tagged(self, path: str, match: Match) -> Match | None:
        """Return the match with the edition that the file's tags speak of, None when it is not to be had."""
        edition_id = edition_in(path)
        if edition_id in {None, match.edition.known.id}:
            return match
        work = match.work
        edition = next((each for each in work.editions if each.known.id == edition_id), None)
        if edition is None or not work.any_edition:
            return None
        numbers = {track.number for track in match.tracks}
        tracks = [track for track in self._library.tracks_of(edition) if track.number in numbers]
        return Match(work, edition, tuple(tracks)) if len(tracks) == len(numbers) else None

    def _most_similar(self, path: str) -> Match | None:
        """Return the work of the most similar title among all that are known, whoever its creator is."""
        root = self._root(path) or ""
        title = comparable(self._matcher.title(os.path.relpath(path, root).partition("/")[2]))
        scored = [
            (SequenceMatcher(None, title, comparable(work.known.title)).ratio(), -work.id, work)
            for work in self._library.works()
        ]
        likeness, _, work = max(scored, default=(0.0, 0, None))
        edition = None if work is None else work.edition()
        return Match(work, edition) if work and edition and likeness >= _LIKE_ENOUGH else None

    def _better(self, file: Seen, match: Match) -> bool:
        """Return whether no better file holds the same.

        A worse one than the file there is stays unmapped.
        """
        rank = self._matcher.quality(file.path).rank
        linked = {self._library.tables.tracks[track.id].file_id for track in match.tracks}
        rivals = [
            row
            for row in self._library.files_of(match.work.id)
            if row.path != file.path and (row.id in linked or not match.tracks)
        ]
        return all(rank >= row.quality.rank for row in rivals)

    def _attach(self, file: Seen, match: Match) -> None:
        """Attach a file; a row that it has is deleted first, with its linked extra files."""
        library = self._library
        before = self._row_at(file.path)
        if before is not None:
            library.drop_file(before, "ManualOverride")
        work = library.work(match.work.id)
        if work.edition() is None or work.edition() != match.edition:
            library.choose_edition(work, match.edition.known.id)
        # as they are now: what came before in this scan may have linked them
        tracks = [library.tables.tracks[track.id] for track in match.tracks]
        draft = replace(self._draft(file), work_id=work.id, edition_id=match.edition.id)
        row = library.insert_file(draft, tracks)
        enabled = library.arr.config("metadataprovider")["writeAudioTags"] in {"allFiles", "sync"}
        if enabled and os.path.splitext(row.path)[1].lower() in library.traits.tagged:
            library.retag(row)

    def _keep_unmapped(self, file: Seen) -> None:
        before = self._row_at(file.path)
        if before is None:
            self._library.insert_file(self._draft(file))
        else:
            changed = replace(before, size=file.size, modified=file.modified)
            self._library.tables.files[before.id] = changed

    def _draft(self, file: Seen) -> MediaFile:
        quality = self._matcher.quality(file.path)
        return MediaFile(0, file.path, file.size, file.modified, 0.0, quality)

    # -- afterwards -------------------------------------------------------------------------

    def _completed(self, creator_ids: Sequence[int], *, linking: bool) -> None:
        for creator_id in creator_ids:
            creator = self._library.tables.creators.get(creator_id)
            if creator is not None:
                if linking:
                    self._link_extras(creator)
                self._after_first_scan(creator)
                self._search_new_works(creator)

    def _link_extras(self, creator: Creator) -> None:
        """Link what lies beside a matched file under the same name, as far as it is no media itself.

        How often the real ones succeed in this is not known; here they always do.
        """
        for row in self._library.files_of_creator(creator.id):
            stem, folder = os.path.splitext(row.path)[0], os.path.dirname(row.path)
            names = os.listdir(folder) if os.path.isdir(folder) else []
            beside = {f"{folder}/{name}" for name in names} - {row.path}
            own = {path for path in beside if os.path.splitext(path)[0] == stem and os.path.isfile(path)}
            own = {p for p in own if os.path.splitext(p)[1].lower() not in self._library.traits.suffixes}
            self._library.tables.files[row.id] = replace(row, extras=tuple(sorted({*row.extras, *own})))

    def _after_first_scan(self, creator: Creator) -> None:
        """Apply the add options once and forget them.

        Where the event of an add comes late, send it now.
        """
        library, options = self._library, creator.add_options
        if options is None:
            return
        self.monitor(creator, options)
        if not library.traits.sends_add_at_once:
            library.events.creator_added(library.creator(creator.id))
        if options.get(library.traits.name("searchForMissing{Work}s")):
            linked = {file.work_id for file in library.files_of_creator(creator.id)}
            wanted = [
                work.id for work in library.works(creator.id) if work.monitored and work.id not in linked
            ]
            library.search(wanted)
        library.change_creator(creator.id, add_options=None)

    def _search_new_works(self, creator: Creator) -> None:
        library = self._library
        for work in library.works(creator.id):
            if work.add_options is not None:
                library.change_work(work.id, add_options=None)
                if work.add_options.get(library.traits.name("searchForNew{Work}")):
                    library.search([work.id])

    def monitor(self, creator: Creator, options: Mapping[str, object]) -> None:
        """Set the flags of a creator's works as a monitoring option says.

        A list of works wins over it.
        """
        library = self._library
        works = library.works(creator.id)
        listed = options.get(library.traits.name("{work}sToMonitor"))
        option = str(options.get("monitor", UNKNOWN))
        if option == UNKNOWN and library.traits.unknown_option_fails:
            raise error(500, f"Specified argument was out of the range of valid values: {option}")
        if isinstance(listed, list) and listed:
            flags = {work.id: work.foreign_id in listed for work in works}
        else:
            linked = frozenset(file.work_id for file in library.files_of_creator(creator.id))
            flags = monitored_by(option, works, linked, iso(library.arr.now())[:10])
            if option == "none":
                library.change_creator(creator.id, monitored=False)
        for work_id, monitored in flags.items():
            library.change_work(work_id, monitored=monitored)
