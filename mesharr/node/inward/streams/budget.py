"""What one poll may spend: requests and bytes for each peer, shared among its streams.

Anybody who can write to the drive can put thousands of files there under a trusted label. What is read in
vain is bounded by requests, what brings events by bytes, and no stream spends the share of another.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final

from mesharr.disk.child import Missing
from mesharr.log.chain import MAX_FILE
from mesharr.log.reader import StreamRequest
from mesharr.log.store.prefetch import USUAL_BYTES

MAX_POLL_BYTES: Final = 64 * 1024 * 1024
MAX_PEER_BYTES: Final = 16 * 1024 * 1024
POLL_REQUESTS: Final = 24
"""How many requests of a poll may bring next to nothing, over all peers."""
PEER_REQUESTS: Final = 4
"""How many of them each peer has at least."""
STREAM_REQUESTS: Final = 2
"""How many of them each stream has at least, as long as its peer has any."""
OWN_REQUESTS: Final = 6
"""How many files under this node's own present stream a poll reads: it needs none of them."""
MAX_READS: Final = 400
"""How many files of a peer one poll reads at most; of an honest one 16 MiB are far fewer."""
MANY_EVENTS: Final = 16
"""From so many new events on, a file is paid for by its bytes and is no request in vain."""
MANY_BYTES: Final = 16 * 1024


class Quota:
    """What a poll may still spend on one stream."""

    def __init__(self, requests: int, size: int) -> None:
        """`requests` that bring next to nothing, and `size` bytes."""
        self._requests = requests
        self._size = size
        self.asked = 0
        """Requests that brought next to nothing."""
        self.used = 0
        """Bytes that were read."""
        self.reads = 0
        """Requests in all."""

    @property
    def is_spent(self) -> bool:
        """Whether nothing more may be asked for."""
        return self.asked >= self._requests or self.used >= self._size or self.reads >= MAX_READS

    def room(self) -> int:
        """Return how many bytes may be read ahead."""
        requests = min(self._requests - self.asked, MAX_READS - self.reads)
        return max(0, min(self._size - self.used, requests * USUAL_BYTES))

    def ask(self) -> None:
        """Count a request."""
        self.asked += 1
        self.reads += 1

    def refund(self, events: int, size: int) -> None:
        """Count a request that brought new events as none in vain, if they were many."""
        if events >= MANY_EVENTS or size >= MANY_BYTES:
            self.asked -= 1


def shares(
    requests: Sequence[StreamRequest], peers: int, order: Callable[[StreamRequest], tuple[int, ...]]
) -> Iterator[tuple[StreamRequest, Quota]]:
    """Yield the streams of one peer of so many, each with its quota.

    Streams that were followed before come first, and leave something for those that are only named yet; among
    equals `order` decides. What a stream does not spend is left to those after it.
    """
    left = max(PEER_REQUESTS, POLL_REQUESTS // peers)
    size = min(MAX_PEER_BYTES, max(MAX_FILE, MAX_POLL_BYTES // peers))
    known = sorted((each for each in requests if each.cursor.seq), key=order)
    named = sorted((each for each in requests if not each.cursor.seq), key=order)
    for group, reserve in ((known, min(1, len(named))), (named, 0)):
        for number, wanted in enumerate(group):
            rest = len(group) - number
            if left <= 0 or size <= 0:
                return
            quota = Quota(
                max(STREAM_REQUESTS, (left - reserve * STREAM_REQUESTS) // rest),
                max(1, (size - reserve * MAX_FILE) // rest),
            )
            yield wanted, quota
            left -= quota.asked
            size -= quota.used


class Once:
    """Reads each file at most once in a poll, also one that is listed twice."""

    def __init__(self, read: Callable[[str], bytes]) -> None:
        self._read = read
        self.tried: set[str] = set()
        """The places that were read in this poll, or could not be."""
        self.missing: set[str] = set()
        """Those of them that are listed and cannot be read."""

    def read(self, place: str, quota: Quota, read: Callable[[str], bytes] | None = None) -> bytes:
        """Return the content of a file that was not read in this poll; raise what the store raises."""
        self.tried.add(place)
        quota.ask()
        try:
            content = (read or self._read)(place)
        except Missing:
            self.missing.add(place)
            raise
        quota.used += len(content)
        return content
