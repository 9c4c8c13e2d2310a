"""Retry at each start what a corrected `mesharr.yml` may have fixed."""

from mesharr.core.detect.model import OUTSIDE_LIBRARY
from mesharr.node.outward.uploading.others.second_uploader import SECOND_UPLOADER
from mesharr.state.state import State


def retry_refused(state: State, now: int) -> None:
    """Make what was refused due now, and forget the refusals: each is reported again.

    A comparison of everything is requested while an app keeps an item outside of every library. All uploads
    are due: the upload window, the remote or its password may be another one now.
    """
    with state.transaction():
        state.dirty.retry_refused(now)
        state.refusals.clear_all("item:")
        state.refusals.clear_all("app:")
        state.refusals.clear_all("settings:")
        state.refusals.clear_all("notify:")
        state.refusals.clear_all(SECOND_UPLOADER)
        state.paused_remotes.resume_all()
        state.uploads.hurry(now)
        if any(why.startswith(OUTSIDE_LIBRARY) for _, _, why in state.missing.all()):
            state.node.request_sync(now)
