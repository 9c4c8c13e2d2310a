"""What Lidarr and Readarr check before they add or change a creator or work, and the rows asked for."""

import difflib
import os
from dataclasses import replace

from mesharr.demo.arr.payloads import folder_words
from mesharr.demo.arr.validation import path_failures, profile_failures, refuse
from mesharr.demo.disk.folders import clean
from mesharr.demo.wire import Fields, HttpError, Invalid, JsonObject, invalid
from tests.arrs.works.library import Shelf
from tests.arrs.works.model import Creator, KnownCreator

_TOO_ALIKE = 0.8
_EMPTY = "NotEmptyValidator"


def add_failures(shelf: Shelf, fields: Fields) -> list[Invalid]:
    """What the POST of a creator refuses before it asks the metadata server."""
    words = shelf.words
    failures = creator_failures(shelf, fields)
    if not fields.get(words.of("{creator}Name")):
        message = f"'{words.of('{Creator}')} Name' must not be empty."
        failures.append(Invalid(words.of("{Creator}Name"), message, None, _EMPTY))
    foreign_id = fields.get(words.of("foreign{Creator}Id"))
    if foreign_id and shelf.creator_by(str(foreign_id)) is not None:
        name, code = words.of("Foreign{Creator}Id"), words.of("{Creator}ExistsValidator")
        failures.append(Invalid(name, words.already_added, foreign_id, code))
    return failures


def creator_failures(shelf: Shelf, fields: Fields, own_id: int = 0) -> list[Invalid]:
    """What a creator's object lacks, on its own or inside the POST of a work; `own_id` if it has a row."""
    words = shelf.words
    failures = shared_failures(shelf, fields)
    if not fields.get(words.of("foreign{Creator}Id")):
        name = words.of("Foreign{Creator}Id")
        message = f"'Foreign {words.of('{Creator}')} Id' must not be empty."
        failures.append(Invalid(name, message, None, _EMPTY))
    path = str(fields.given("path", ""))
    return failures + (creator_path_failures(shelf, path, own_id) if path else _root_failures(shelf, fields))


def shared_failures(shelf: Shelf, fields: Fields) -> list[Invalid]:
    """Both profiles have to be given and to exist."""
    failures = profile_failures(shelf.arr, fields)
    profile = int(fields.given("metadataProfileId", 0))
    name = "MetadataProfileId"
    if profile <= 0:
        message = "'Metadata Profile Id' must be greater than '0'."
        failures.append(Invalid(name, message, profile, "GreaterThanValidator"))
    elif profile not in shelf.tables.profiles:
        message = "Metadata profile does not exist"
        failures.append(Invalid(name, message, profile, "MetadataProfileExistsValidator"))
    return failures


def creator_path_failures(shelf: Shelf, path: str, own_id: int = 0) -> list[Invalid]:
    """The first rule that a creator's path breaks. It need not exist, nor lie below a root folder."""
    others = [creator.path for creator in shelf.creators() if creator.id != own_id]
    return path_failures(shelf.arr, path, others, shelf.words.creator, "another")


def draft_creator(shelf: Shelf, fields: Fields) -> Creator:
    """The row a body asks for, with metadata fetched and its folder made from the root if need be.

    Raises 400 for an id nobody knows, and what a metadata server out of order gives: 503, or the
    same 400 where the two are taken for one another.
    """
    foreign_id = str(fields.get(shelf.words.of("foreign{Creator}Id")))
    known = _fetched(shelf, foreign_id)
    if known is None:
        message = f"An {shelf.words.creator} with this ID was not found"
        raise invalid(Invalid("MusicbrainzId", message, foreign_id))
    if shelf.creator_by(known.id) is not None:
        name, code = shelf.words.of("Foreign{Creator}Id"), shelf.words.of("{Creator}ExistsValidator")
        raise invalid(Invalid(name, shelf.words.already_added, known.id, code))
    path = clean(str(fields.given("path", "")) or _free_folder(shelf, known, fields))
    refuse(creator_path_failures(shelf, path))
    options = creator_options(shelf, fields)
    draft = Creator(0, known.id, known, path, add_options=options, **editable(fields))
    silent = options is not None and options["monitor"] == "none"
    return replace(draft, monitored=draft.monitored and not silent)


def editable(fields: Fields) -> JsonObject:
    """The columns a whole body sets besides the path: what it omits is reset to its default."""
    return {
        "quality_profile_id": int(fields.given("qualityProfileId", 0)),
        "metadata_profile_id": int(fields.given("metadataProfileId", 0)),
        "monitored": bool(fields.given("monitored", False)),
        "new_items": str(fields.given("monitorNewItems", "all")),
        # tag ids are not checked: unknown ones are stored
        "tags": tuple(dict.fromkeys(fields.given("tags", []))),
    }


def creator_options(shelf: Shelf, fields: Fields) -> JsonObject | None:
    """The add options with their defaults; None when the body has none."""
    given = fields.get("addOptions")
    if given is None:
        return None
    options, words = Fields(given), shelf.words
    chosen, search = words.of("{work}sToMonitor"), words.of("searchForMissing{Work}s")
    return {
        "monitor": options.given("monitor", words.monitor_default),
        chosen: options.given(chosen, []),
        "monitored": bool(options.given("monitored", False)),
        search: bool(options.given(search, False)),
    }


def _fetched(shelf: Shelf, foreign_id: str) -> KnownCreator | None:
    try:
        return shelf.known(foreign_id)
    except HttpError:
        if shelf.words.outage_is_unknown:
            return None
        raise


def _free_folder(shelf: Shelf, known: KnownCreator, fields: Fields) -> str:
    taken = {creator.path for creator in shelf.creators()}
    path = f"{clean(str(fields['rootFolderPath']))}/{folder_words(known.name)}"
    if path in taken and known.disambiguation:
        path = f"{path} ({known.disambiguation})"
    number, wanted = 1, path
    while path in taken:
        path = f"{wanted} ({number})"
        number += 1
    return path


def _root_failures(shelf: Shelf, fields: Fields) -> list[Invalid]:
    root = str(fields.given("rootFolderPath", ""))
    name = "RootFolderPath"
    if not os.path.isabs(root):
        return [Invalid(name, f"Invalid Path: '{root}'", root, "PathValidator")]
    if not shelf.words.root_must_be_known:
        return []
    if clean(root) not in map(clean, shelf.arr.common.roots.values()):
        return [Invalid(name, f"Root folder '{root}' does not exist", root, "RootFolderExistsValidator")]
    creator = str(fields.given(shelf.words.of("{creator}Name"), ""))
    last = os.path.basename(clean(root))
    if difflib.SequenceMatcher(None, last.lower(), creator.lower()).ratio() > _TOO_ALIKE:
        message = f"Root folder path '{root}' contains {shelf.words.creator} folder '{creator}'"
        code = shelf.words.of("{Creator}FolderAsRootFolderValidator")
        return [Invalid(name, message, root, code)]
    return []
