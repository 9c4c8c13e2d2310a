"""What Lidarr and Readarr check before they add or change a creator or work."""

import difflib
import os
from dataclasses import replace

from mesharr.demo.arr.api.validation import path_failures, profile_failures, refuse
from mesharr.demo.arr.releases import folder_words
from mesharr.demo.disk.folders import TakenFolders, clean
from mesharr.demo.wire import Fields, HttpError, Invalid, JsonObject, invalid
from tests.arrs.works.library import WorksLibrary
from tests.arrs.works.model import Creator, KnownCreator

_TOO_ALIKE = 0.8
_EMPTY = "NotEmptyValidator"


def add_failures(library: WorksLibrary, fields: Fields) -> list[Invalid]:
    """Return what the POST of a creator refuses before it asks the metadata server."""
    traits = library.traits
    failures = creator_failures(library, fields)
    if not fields.get(traits.name("{creator}Name")):
        message = f"'{traits.name('{Creator}')} Name' must not be empty."
        failures.append(Invalid(traits.name("{Creator}Name"), message, None, _EMPTY))
    foreign_id = fields.get(traits.name("foreign{Creator}Id"))
    if foreign_id and library.creator_by(str(foreign_id)) is not None:
        name, code = traits.name("Foreign{Creator}Id"), traits.name("{Creator}ExistsValidator")
        failures.append(Invalid(name, traits.already_added, foreign_id, code))
    return failures


def creator_failures(library: WorksLibrary, fields: Fields, own_id: int = 0) -> list[Invalid]:
    """Return what a creator's object lacks, on its own or inside the POST of a work.

    `own_id` if it has a row.
    """
    traits = library.traits
    failures = shared_failures(library, fields)
    if not fields.get(traits.name("foreign{Creator}Id")):
        name = traits.name("Foreign{Creator}Id")
        message = f"'Foreign {traits.name('{Creator}')} Id' must not be empty."
        failures.append(Invalid(name, message, None, _EMPTY))
    path = str(fields.given("path", ""))
    return failures + (
        creator_path_failures(library, path, own_id) if path else _root_failures(library, fields)
    )


def shared_failures(library: WorksLibrary, fields: Fields) -> list[Invalid]:
    """Return what is wrong with the two profiles: both have to be given and to exist."""
    failures = profile_failures(library.arr, fields)
    profile = int(fields.given("metadataProfileId", 0))
    name = "MetadataProfileId"
    if profile <= 0:
        message = "'Metadata Profile Id' must be greater than '0'."
        failures.append(Invalid(name, message, profile, "GreaterThanValidator"))
    elif profile not in library.tables.profiles:
        message = "Metadata profile does not exist"
        failures.append(Invalid(name, message, profile, "MetadataProfileExistsValidator"))
    return failures


def creator_path_failures(library: WorksLibrary, path: str, own_id: int = 0) -> list[Invalid]:
    """Return the first rule that a creator's path breaks.

    It need not exist, nor lie below a root folder.
    """
    others = TakenFolders(creator.path for creator in library.creators() if creator.id != own_id)
    return path_failures(library.arr, path, others, library.traits.creator, "another")


def draft_creator(library: WorksLibrary, fields: Fields) -> Creator:
    """Return the row that a body asks for; without a path its folder is made from the root.

    Raises 400 for an id nobody knows, and what a metadata server out of order gives: 503, or the
    same 400 where the two are taken for one another.
    """
    foreign_id = str(fields.get(library.traits.name("foreign{Creator}Id")))
    known = _fetched(library, foreign_id)
    if known is None:
        message = f"An {library.traits.creator} with this ID was not found"
        raise invalid(Invalid("MusicbrainzId", message, foreign_id))
    if library.creator_by(known.id) is not None:
        name, code = (
            library.traits.name("Foreign{Creator}Id"),
            library.traits.name("{Creator}ExistsValidator"),
        )
        raise invalid(Invalid(name, library.traits.already_added, known.id, code))
    path = clean(str(fields.given("path", "")) or _free_folder(library, known, fields))
    refuse(creator_path_failures(library, path))
    options = creator_options(library, fields)
    draft = Creator(0, known.id, known, path, add_options=options, **editable(fields))
    no_works = options is not None and options["monitor"] == "none"
    return replace(draft, monitored=draft.monitored and not no_works)


def editable(fields: Fields) -> JsonObject:
    """Return the columns a whole body sets besides the path.

    What it omits is reset to its default.
    """
    return {
        "quality_profile_id": int(fields.given("qualityProfileId", 0)),
        "metadata_profile_id": int(fields.given("metadataProfileId", 0)),
        "monitored": bool(fields.given("monitored", False)),
        "new_items": str(fields.given("monitorNewItems", "all")),
        # tag ids are not checked: unknown ones are stored
        "tags": tuple(dict.fromkeys(fields.given("tags", []))),
    }


def creator_options(library: WorksLibrary, fields: Fields) -> JsonObject | None:
    """Return the add options with their defaults; None when the body has none."""
    given = fields.get("addOptions")
    if given is None:
        return None
    options, traits = Fields(given), library.traits
    chosen, search = traits.name("{work}sToMonitor"), traits.name("searchForMissing{Work}s")
    return {
        "monitor": options.given("monitor", traits.monitor_default),
        chosen: options.given(chosen, []),
        "monitored": bool(options.given("monitored", False)),
        search: bool(options.given(search, False)),
    }


def _fetched(library: WorksLibrary, foreign_id: str) -> KnownCreator | None:
    try:
        return library.known(foreign_id)
    except HttpError:
        if library.traits.outage_means_unknown:
            return None
        raise


def _free_folder(library: WorksLibrary, known: KnownCreator, fields: Fields) -> str:
    taken = {creator.path for creator in library.creators()}
    path = f"{clean(str(fields['rootFolderPath']))}/{folder_words(known.name)}"
    if path in taken and known.disambiguation:
        path = f"{path} ({known.disambiguation})"
    number, wanted = 1, path
    while path in taken:
        path = f"{wanted} ({number})"
        number += 1
    return path


def _root_failures(library: WorksLibrary, fields: Fields) -> list[Invalid]:
    root = str(fields.given("rootFolderPath", ""))
    name = "RootFolderPath"
    if not os.path.isabs(root):
        return [Invalid(name, f"Invalid Path: '{root}'", root, "PathValidator")]
    if not library.traits.root_must_be_known:
        return []
    if clean(root) not in map(clean, library.arr.common.roots.values()):
        return [Invalid(name, f"Root folder '{root}' does not exist", root, "RootFolderExistsValidator")]
    creator = str(fields.given(library.traits.name("{creator}Name"), ""))
    last = os.path.basename(clean(root))
    if difflib.SequenceMatcher(None, last.lower(), creator.lower()).ratio() > _TOO_ALIKE:
        message = f"Root folder path '{root}' contains {library.traits.creator} folder '{creator}'"
        code = library.traits.name("{Creator}FolderAsRootFolderValidator")
        return [Invalid(name, message, root, code)]
    return []
