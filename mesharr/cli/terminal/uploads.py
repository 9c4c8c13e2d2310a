"""Print uploads, and the daily limits of peers, for several commands."""

from collections.abc import Callable, Iterable, Sequence

from mesharr.cli.context import say
from mesharr.cli.output import ago, print_table
from mesharr.core.text import size_text
from mesharr.node.reports.wording import limit_texts, peer_uploads_text, progress_text
from mesharr.node.status.list_model import UploadLimits, UploadReport
from mesharr.node.status.model import PeerReport


def print_upload_limits(limits: UploadLimits) -> None:
    """Print what holds uploads back as a whole, if anything does."""
    for text in limit_texts(limits):
        say(text)


def print_peer_uploads(peers: Iterable[PeerReport], name: Callable[[str], str]) -> None:
    """Print how much each peer with a daily limit has used of it; `name` names a node."""
    for peer in peers:
        if peer.uploads:
            said = ago(peer.uploads.at)
            say(f"uploads of {name(peer.node)}: {peer_uploads_text(peer.uploads)}, as of {said}")


def print_uploads(uploads: Sequence[UploadReport], count: int, *, every: bool = False) -> None:
    """Print a table of the first of `count` uploads with their progress, or of `every` one."""
    rows = [
        (each.library, each.path, size_text(each.size), progress_text(each), each.why, ago(each.since))
        for each in uploads
    ]
    if rows:
        columns = ("library", "path", "size", "progress", "why", "since")
        print_table(columns, rows, every=every, unread=count - len(rows))
