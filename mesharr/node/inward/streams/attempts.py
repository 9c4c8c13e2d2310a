"""In which order the files of a store are tried: new names first, what failed before last."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final

from mesharr.log import layout, reader
from mesharr.log.layout import FileName

RETRIES: Final = 4
"""How many files that failed before are read again in one poll, of one list of candidates."""

FIRST_TAILS: Final = 4
"""How many tails that continue the cursor are tried before one that begins beyond it."""

MAX_FAILED: Final = 50_000


class Attempts:
    """What earlier polls of this process saw and tried.

    A name that the listing before did not have is tried first, so that an honest file is not one among
    thousands: whoever was to be kept waiting by garbage is read as soon as something new is there.
    """

    def __init__(self) -> None:
        self._before: frozenset[str] = frozenset()
        self._fresh: frozenset[str] = frozenset()
        self._failed: set[str] = set()
        self._due: Mapping[str, int] = {}
        self._now = 0
        self._polls = 0
        self._served: dict[str, int] = {}
        self._vouched: set[str] = set()

    def begin(self, tails: Collection[str], due: Mapping[str, int], now: int) -> None:
        """Begin a poll with the names in `events`, and when each file in quarantine is due (ms)."""
        listed = frozenset(f"{layout.EVENTS}/{text}" for text in tails)
        self._fresh = listed - self._before
        self._before = listed
        self._failed = {place for place in self._failed if _is_segment(place) or place in listed}
        self._due, self._now = due, now
        self._polls += 1

    def failed(self, place: str) -> None:
        """Keep that a file did not verify, though the quarantine may have no room for it."""
        if len(self._failed) < MAX_FAILED:
            self._failed.add(place)

    @property
    def failures(self) -> int:
        """How many files did not verify that may be listed still."""
        return len(self._failed)

    def is_waiting(self, place: str) -> bool:
        """Return whether a file is in quarantine and not due to be read again."""
        return self._due.get(place, 0) > self._now

    def is_fresh(self, names: Iterable[FileName]) -> bool:
        """Return whether one of these tails was not listed before."""
        return any(layout.tail_path(name) in self._fresh for name in names)

    def tails_in_turn(self, names: Iterable[FileName]) -> list[tuple[str, FileName]]:
        """Return the places and names of tails in the order to try them, without those that wait."""
        return self._in_turn({layout.tail_path(name): name for name in names})

    def first_tails(self, wanted: reader.StreamRequest) -> Sequence[FileName]:
        """Return the tails that continue the cursor to try before those that begin beyond it.

        They are all where none begins beyond it, else a few: a flood of the ones hides none of the others.
        """
        if not wanted.beyond:
            return wanted.tails
        return [name for _, name in self.tails_in_turn(wanted.tails)[:FIRST_TAILS]]

    def segments_in_turn(self, names: Iterable[FileName]) -> list[tuple[str, FileName]]:
        """Return the places and names of segments in the order to try them, without those that wait."""
        return self._in_turn({layout.segment_path(name): name for name in names})

    def _in_turn(self, places: Mapping[str, FileName]) -> list[tuple[str, FileName]]:
        usual = {place: name for place, name in places.items() if not self.is_waiting(place)}
        again = {place: name for place, name in usual.items() if place in self._failed or place in self._due}
        new = {place: name for place, name in usual.items() if place in self._fresh and place not in again}
        old = {place: name for place, name in usual.items() if place not in new and place not in again}
        return [*_ordered(new), *_ordered(old), *_ordered(again)[:RETRIES]]

    def turn_of(self, wanted: reader.StreamRequest) -> tuple[int, ...]:
        """Return the key to sort the streams of a peer by: what peers vouch for, then new names."""
        return (
            wanted.stream not in self._vouched,
            not self.is_fresh(wanted.claims),
            self._served.get(wanted.stream, 0),
            wanted.head,
        )

    def vouched(self, streams: Iterable[str]) -> None:
        """Keep streams that a trusted peer says it has read: those are more than names."""
        if len(self._vouched) < MAX_FAILED:
            self._vouched.update(streams)

    def served(self, stream: str) -> None:
        """Keep that a stream had its turn in this poll."""
        self._served[stream] = self._polls

    def forget_streams(self, wanted: Collection[str]) -> None:
        """Forget the turns of all streams but these, of which something is wanted."""
        self._served = {stream: poll for stream, poll in self._served.items() if stream in wanted}


def _ordered(places: Mapping[str, FileName]) -> list[tuple[str, FileName]]:
    by_name = {name: place for place, name in places.items()}
    return [(by_name[name], name) for name in reader.in_turn(by_name)]


def _is_segment(place: str) -> bool:
    return not place.startswith(f"{layout.EVENTS}/")
