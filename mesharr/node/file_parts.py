"""Ask an app what its files are by ids, but only about files that may be published.

Lidarr tells which tracks a file holds only in one request more for each artist.
"""

import msgspec

from mesharr.arr.base import Arr
from mesharr.core.arr.model import ArrItem
from mesharr.core.arr.snapshot import Baseline
from mesharr.core.paths import below, same_key
from mesharr.node.model import Library
from mesharr.state.state import State

_with = msgspec.structs.replace


def with_parts(
    arr: Arr, library: Library, arr_item: ArrItem, state: State, baseline: Baseline | None = None
) -> ArrItem:
    """Return an item as its app lists it, with the parts of files that may be published.

    Only files that may have to be published get their parts. A file that the registry or the outbox has with
    its size has the parts that are stated there, in any spelling. The app is asked, in one request at most,
    when another file is not in `baseline` with its size; also of one that had another name there: tracks of
    one size may hand on their names. Raises what the app raises.
    """
    living = state.items.state(library.name, arr_item.id).copies
    pending = (
        copy for entry in state.outbox.of(library.name, arr_item.id) for copy in entry.body.stated_copies()
    )
    stated = {key: each.copy for key, each in living.items()} | {
        same_key(copy.path): copy for copy in pending
    }
    keys = {file.path: same_key(path) for file in arr_item.files if (path := below(library.root, file.path))}
    names = {ref: same_key(path) for path, ref in baseline.file_refs.items()} if baseline else {}
    renamed = {
        file.path
        for file in arr_item.files
        if file.path in keys and names.get(file.ref, keys[file.path]) != keys[file.path]
    }
    known = {
        file.path: stated[key].parts
        for file in arr_item.files
        if file.path not in renamed
        and (key := keys.get(file.path, "")) in stated
        and stated[key].size == file.size
    }
    seen = {same_key(path): size for path, size in baseline.files.items()} if baseline else {}
    news = {
        file.path
        for file in arr_item.files
        if file.path in keys
        and file.path not in known
        and (file.path in renamed or seen.get(keys[file.path]) != file.size)
    }
    if news:
        arr_item = arr.with_parts(arr_item, news)
    return _with(
        arr_item,
        files=tuple(_with(file, parts=known.get(file.path) or file.parts) for file in arr_item.files),
    )
