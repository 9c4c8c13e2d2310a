"""What a corrected `mesharr.yml` may have mended is tried again at each start: its person starts it anew."""

from mesharr.core.detect.model import OUTSIDE_LIBRARY
from mesharr.node.missing_items import all_missing
from mesharr.node.outward.transfer import WINDOW
from mesharr.state.state import State


def retry_refused(state: State, now: int) -> None:
    """Make what an arr refused due now, and forget the refusal: it is told again if it still is so.

    A whole comparison is asked for while an arr keeps something outside of every library. What waits for
    the upload window is looked at: it may be another one now.
    """
    with state.transaction():
        state.dirty.retry_refused(now)
        state.refusals.clear_all("item:")
        state.refusals.clear_all("app:")
        state.refusals.clear_all("settings:")
        state.refusals.clear_all("notify:")
        state.uploads.hurry(WINDOW, now)
        if any(each.why.startswith(OUTSIDE_LIBRARY) for each in all_missing(state)):
            state.node.request_sync(now)
