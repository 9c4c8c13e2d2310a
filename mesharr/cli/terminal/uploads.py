"""Print the uploads: for their own command and for `mesharr status`."""

from collections.abc import Sequence

from mesharr.cli.context import say
from mesharr.cli.output import ago, print_table
from mesharr.core.text import size_text
from mesharr.node.reports.wording import limit_texts, progress_text
from mesharr.node.status.list_model import UploadLimits, UploadReport


def print_upload_limits(limits: UploadLimits) -> None:
    """Print what holds uploads back as a whole, if anything does."""
    for text in limit_texts(limits):
        say(text)


def print_uploads(uploads: Sequence[UploadReport], most: int = 0) -> None:
    """Print a table of uploads with their progress, of the first `most` unless that is 0."""
    rows = [
        (each.library, each.path, size_text(each.size), progress_text(each), each.why, ago(each.since))
        for each in uploads
    ]
    if rows:
        print_table(("library", "path", "size", "progress", "why", "since"), rows, most)
