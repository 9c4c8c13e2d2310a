"""What this node has counted since its database was made, in words for a person."""

from collections import defaultdict
from collections.abc import Mapping

from mesharr.core.text import quantity

_DONE = {"added": "added to arrs", "monitored": "set monitored", "unmonitored": "set unmonitored"}
_TROUBLE = {
    "files_rejected": "files of peers not believed",
    "events_rejected": "events of peers not applied",
    "hints_rejected": "events of arrs not understood",
    "files_lost": "own files that left the store, written again",
}
_HEARD = {
    "queued": "kept",
    "test": "of a test",
    "unknown": "of no use",
    "garbage": "not understood",
    "unavailable": "that could not be kept",
}


def done_and_trouble(counters: Mapping[str, int]) -> tuple[str, str]:
    """Return what was done so far, and what went wrong on the way; "" for nothing."""
    done, trouble = [], []
    heard: dict[str, list[str]] = defaultdict(list)
    for name, count in counters.items():
        kind, _, about = name.partition(":")
        if kind == "hook":
            app, _, outcome = about.rpartition(":")
            heard[app].append(f"{count} {_HEARD.get(outcome, outcome)}")
        elif kind == "scanned":
            done.append(f"{quantity(count, 'folder')} told to {about}")
        elif kind in _TROUBLE:
            trouble.append(f"{count} {_TROUBLE[kind]}")
        else:
            done.append(f"{count} {_DONE.get(kind, kind)}")
    done += [f"webhooks of {app}: {' and '.join(said)}" for app, said in heard.items()]
    return ", ".join(done), ", ".join(trouble)
