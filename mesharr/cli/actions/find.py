"""Run `mesharr find`: who owns an item of the mesh, who has it, and where."""

from contextlib import closing

import msgspec
import typer

from mesharr.cli.access.config import node_if_known
from mesharr.cli.access.state import open_state
from mesharr.cli.context import DONE, FAILED, note, say, say_json, session_of
from mesharr.cli.output import MOST, print_table, printable
from mesharr.core.text import quantity, short_names, size_text
from mesharr.node.reports.catalogue import LibraryDocument, library_document
from mesharr.node.reports.item_document import ItemDocument, item_document
from mesharr.state.events.catalogue import CatalogueSearch
from mesharr.state.peers import read_peers

_UNLIMITED = 1_000_000


def find(context: typer.Context, title: str, *, library: str, every: bool, as_json: bool) -> None:
    """List the items of the mesh whose title or id matches, or show the one that does."""
    session = session_of(context)
    peers = read_peers(session.config_dir)
    state = open_state(session.config_dir)
    with closing(state.db):
        me = node_if_known(session)
        search = CatalogueSearch(text=title, library=library)
        document = library_document(state, me, search, per_page=_UNLIMITED if every or as_json else MOST)
        only = document.items[0] if document.count == 1 else None
        most = _UNLIMITED if every else MOST
        shown = (
            item_document(state, me, peers, only.library, only.item, most) if only and not as_json else None
        )
    if as_json:
        say_json(msgspec.to_builtins(document))
    else:
        nodes = {node for each in document.items for node in (*each.owners, *each.has)}
        names = short_names({me, *(peer.node for peer in peers), *nodes} - {""})
        _show(shown, names, every=every) if shown else _list(document, names, title)
        if not document.complete:
            note("the newest events are not counted yet: mesharr run does so within a minute")
    raise typer.Exit(DONE if document.count else FAILED)


def _list(document: LibraryDocument, names: dict[str, str], title: str) -> None:
    if not document.items:
        say(f"nothing in the mesh matches {printable(title)!r}")
        return
    rows = [
        (
            each.title,
            each.library,
            _called(each.owners, names),
            _called(each.has, names),
            quantity(each.files, "file"),
            size_text(each.size),
            each.item,
        )
        for each in document.items
    ]
    columns = ("title", "library", "owned by", "in the apps of", "files", "size", "id")
    print_table(columns, rows, every=True, unread=document.count - len(rows))


def _show(item: ItemDocument, names: dict[str, str], *, every: bool) -> None:
    gone = "" if item.present else ", which the mesh no longer has"
    say(f"{printable(item.title)} ({item.library}, {item.item}){gone}")
    say(f"in the apps of: {_called(item.has, names) or 'nobody'}")
    if item.downloads:
        say(f"downloading: {_called(item.downloads, names)}")
    if item.waits:
        say(f"here it waits: {printable(item.waits)}")
    rows = [
        (
            each.path,
            size_text(each.size),
            each.quality,
            _called(each.owners, names),
            names.get(each.node, each.node),
        )
        for each in item.files
    ]
    if rows:
        columns = ("file", "size", "quality", "owned by", "brought by")
        print_table(columns, rows, order="file", every=every, unread=item.files_in_all - len(rows))
    else:
        say("no file of it is on the drive")


def _called(nodes: tuple[str, ...], names: dict[str, str]) -> str:
    return ", ".join(names.get(node, node) for node in nodes)
