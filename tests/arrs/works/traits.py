"""How Lidarr and Readarr differ: their names for things, and what they do."""

from dataclasses import dataclass


@dataclass(frozen=True)
class WorksTraits:
    """The names that one of the two uses, in lower case and singular, and what it alone does."""

    creator: str
    work: str
    file: str
    """What a file is called after: `track` in `trackfile`, `book` in `bookfile`."""
    suffixes: frozenset[str]
    """Extensions of the files it collects, with their dot."""
    tagged: frozenset[str]
    """Those of them whose tags it writes."""
    bulk_monitor_route: str
    """The route of the page that edits monitoring in bulk."""
    creators_property: str
    """The member of that route's body that lists the creators."""
    already_added: str
    """What a 400 says of a creator that is there."""
    unknown_work: str
    """The property that a 400 blames for a work that nobody knows."""
    monitor_default: str
    """The monitoring option of an add that names none."""
    creator_prefixes: tuple[str, ...]
    """What a term for a lookup starts with when it names a creator by id."""
    work_prefixes: tuple[str, ...]
    edition_prefixes: tuple[str, ...]
    editions: str
    """The property that lists a work's editions."""
    foreign_edition: str
    """The property of an edition that has its id at the metadata server."""
    any_edition: str
    """The property that lets files of other editions than the monitored one in."""
    refreshes_single_works: bool
    """Whether a work added to a creator that was refreshed lately is refreshed alone."""
    sends_add_at_once: bool
    """Whether the event of an add comes before the reply.

    Else after the first scan, if it has add options.
    """
    outage_means_unknown: bool
    """Whether a metadata server that fails is taken for one that does not know the id."""
    new_scans_all_roots: bool
    """Whether the refresh of a new creator scans every root folder instead of the creator's."""
    rescan_needs_changes: bool
    """Whether a refresh that changed nothing scans nothing."""
    moves_file_rows: bool
    """Whether a new path of a creator rewrites the paths of its file rows."""
    root_must_be_known: bool
    """Whether the root folder of an add has to be a configured one."""
    lists_are_flat: bool
    """Whether a list of works leaves out their creators."""
    unknown_option_fails: bool
    """Whether the monitoring option `unknown` makes the first scan fail, instead of changing nothing."""
    looks_up_unmatched: bool
    """Whether a scan asks the metadata server about files it does not match."""
    root_removal_deletes_files: bool
    """Whether the removal of a root folder sends a delete event for each file below it."""
    bulk_delete_keeps_files: bool
    """Whether a bulk delete of creators ignores `deleteFiles`."""

    def name(self, name: str) -> str:
        """Return a name of the API: `foreign{Creator}Id` is `foreignArtistId` in Lidarr."""
        return name.format(
            creator=self.creator,
            Creator=self.creator.capitalize(),
            work=self.work,
            Work=self.work.capitalize(),
            file=self.file,
        )
