"""The rows of Lidarr and Readarr as their APIs show them.

What both have, and what each must say.
"""

from abc import ABC, abstractmethod

from mesharr.demo.arr.api.resources import history_fields, quality_model, queue_fields
from mesharr.demo.arr.records import Exclusion, HistoryRow, QueueRow
from mesharr.demo.disk.folders import root_of
from mesharr.demo.wire import Call, JsonObject, iso
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import (
    Creator,
    KnownCreator,
    KnownWork,
    MediaFile,
    MetadataProfile,
    RootDefaults,
    Work,
)


class WorksResources(ABC):
    """Shows the rows of one library."""

    def __init__(self, library: WorksLibrary) -> None:
        self.library = library
        self.traits = library.traits

    @abstractmethod
    def known_creator(self, known: KnownCreator) -> JsonObject:
        """Return the part of a creator that the metadata server says."""

    @abstractmethod
    def known_work(self, known: KnownWork) -> JsonObject:
        """Return the part of a work that the metadata server says."""

    @abstractmethod
    def statistics(self, works: list[Work]) -> JsonObject:
        """Return what a creator's works add up to."""

    @abstractmethod
    def library_fields_of_work(self, work: Work) -> JsonObject:
        """Return what only this arr says of a work in the library."""

    @abstractmethod
    def metadata_profile(self, profile: MetadataProfile) -> JsonObject:
        """Return a metadata profile."""

    def creator(self, creator: Creator) -> JsonObject:
        """Return a creator of the library; `addOptions` only until they are applied."""
        return {
            **self.known_creator(creator.known),
            "id": creator.id,
            self.traits.name("foreign{Creator}Id"): creator.foreign_id,
            "path": creator.path,
            "rootFolderPath": root_of(creator.path, self.library.roots()),
            "qualityProfileId": creator.quality_profile_id,
            "metadataProfileId": creator.metadata_profile_id,
            "monitored": creator.monitored,
            "monitorNewItems": creator.new_items,
            "tags": sorted(creator.tags),
            "added": iso(creator.added),
            "addOptions": creator.add_options,
            "statistics": self.statistics(self.library.works(creator.id)),
        }

    def found_creator(self, known: KnownCreator) -> JsonObject:
        """Return a creator of the metadata server, or its row with an id when it is in the library."""
        row = self.library.creator_by(known.id)
        blank = {"qualityProfileId": 0, "metadataProfileId": 0, "monitored": False, "tags": []}
        return {**self.known_creator(known), **blank} if row is None else self.creator(row)

    def work(self, work: Work, *, nested: bool = True) -> JsonObject:
        """Return a work of the library, with its creator if `nested`."""
        creator = self.library.creator(work.creator_id)
        return {
            **self.known_work(work.known),
            "id": work.id,
            self.traits.name("{creator}Id"): work.creator_id,
            "monitored": work.monitored,
            "addOptions": work.add_options,
            **self.library_fields_of_work(work),
            self.traits.creator: self.creator(creator) if nested else None,
        }

    def found_work(self, known_creator: KnownCreator, known: KnownWork) -> JsonObject:
        """Return a work of the metadata server with its creator; a row's resource when there is one."""
        row = self.library.work_by(known.id)
        if row is not None:
            return self.work(row)
        shown = {"monitored": False, self.traits.creator: self.found_creator(known_creator)}
        return {**self.known_work(known), **shown}

    def file(self, file: MediaFile) -> JsonObject:
        """Return a media file; one that is matched to no work belongs to creator and work 0."""
        work = self.library.tables.works.get(file.work_id)
        return {
            "id": file.id,
            self.traits.name("{creator}Id"): 0 if work is None else work.creator_id,
            self.traits.name("{work}Id"): file.work_id,
            "path": file.path,
            "size": file.size,
            "dateAdded": iso(file.date_added),
            "quality": quality_model(file.quality),
            "qualityWeight": file.quality.rank,
            "qualityCutoffNotMet": False,
        }

    def history(self, row: HistoryRow, call: Call) -> JsonObject:
        """Return a history row, with its creator and work if the client asked for them."""
        return {**history_fields(row), "quality": quality_model(row.quality), **self._references(row, call)}

    def queued(self, row: QueueRow, call: Call) -> JsonObject:
        """Return a download under way, with its creator and work if the client asked for them."""
        quality = quality_model(row.release.quality)
        return {**queue_fields(row), "quality": quality, **self._references(row, call)}

    def _references(self, row: HistoryRow | QueueRow, call: Call) -> JsonObject:
        creator = self.library.tables.creators.get(row.item_id)
        work = self.library.tables.works.get(row.part_id)
        found: JsonObject = {
            self.traits.name("{creator}Id"): row.item_id,
            self.traits.name("{work}Id"): row.part_id,
        }
        if creator is not None and call.flag(self.traits.name("include{Creator}")):
            found[self.traits.creator] = self.creator(creator)
        if work is not None and call.flag(self.traits.name("include{Work}")):
            found[self.traits.work] = self.work(work, nested=False)
        return found

    def exclusion(self, row: Exclusion) -> JsonObject:
        """Return an import-list exclusion, of a creator or of a work.

        The name's property is the same.
        """
        return {"id": row.id, "foreignId": row.foreign_id, self.traits.name("{creator}Name"): row.title}

    def root_defaults(self, defaults: RootDefaults) -> JsonObject:
        """Return what a root folder gives to creators that a scan adds."""
        return {
            "name": defaults.name,
            "defaultQualityProfileId": defaults.quality_profile_id,
            "defaultMetadataProfileId": defaults.metadata_profile_id,
            "defaultMonitorOption": defaults.monitor,
            "defaultNewItemMonitorOption": defaults.new_items,
            "defaultTags": sorted(defaults.tags),
        }


def day(date: str | None) -> str | None:
    """Return a date as the API and the webhooks write it."""
    return None if date is None else f"{date}T00:00:00Z"
