"""This node's own incarnations: the present one, and the proof that it may be continued.

A database is restored from an old copy, or copied to another machine with its key. So nothing is signed
before the store has shown, in this process, that it knows no more of this node's stream than the database
does. When it knows more, the node goes on in a new incarnation.
"""

import logging
import secrets
from collections.abc import Mapping

from mesharr.core.errors import Refused, Rejected
from mesharr.core.events.schema import StreamOpened
from mesharr.disk.child import Missing
from mesharr.log import layout, mesh
from mesharr.log.chain import verify_file
from mesharr.log.keys import NodeKey, verifier
from mesharr.log.store.folder import Store
from mesharr.node.model import Me
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)

HOUR_MS = 3_600_000


class Incarnations:
    """The only one that says which stream this node writes, and begins another."""

    def __init__(self, me: Me, key: NodeKey, store: Store, state: State) -> None:
        self.me = me
        self._key = key
        self._store = store
        self._state = state
        self._guarded = False
        self._begun = False

    @property
    def stream(self) -> str:
        """This node's present stream."""
        return f"{self.me.node}.{self._state.own_streams.incarnation()}"

    def begin(self) -> None:
        """Begin the first incarnation of a new database; one that has begun goes on."""
        with self._state.transaction():
            if not self._state.own_streams.incarnation():
                self._state.own_streams.begin(secrets.token_hex(4))

    def look_again(self) -> None:
        """Have the next `guard` prove the store anew."""
        self._guarded = False

    def guard(self, now: int) -> None:
        """Once a process: see that the store is ours, and knows no more of our stream than we do.

        Begins a new incarnation when it does. Raises `Unavailable` when the store does not answer, `Refused`
        when it is of another mesh, or another machine writes with this node's key.
        """
        if self._guarded and not self._state.own_streams.is_forked(self.stream):
            return
        self._store.check_available()
        found = mesh.decode(self._store.mesh())
        if found.id != self.me.mesh:
            raise Refused(
                f"the store belongs to the mesh {found.name} ({found.id}), this node to {self.me.mesh}",
                "mount the right remote, or start with an empty config directory to join this mesh",
            )
        self._compare_own(now)
        self._guarded = self._begun = True

    def _compare_own(self, now: int) -> None:
        files = self._own_files()
        mine = self.stream
        told = self._state.own_streams.is_forked(mine)
        if told or any(self._is_news(place, name) for place, name in files.items() if name.stream == mine):
            log.warning("events of this node exist that its database lacks: going on as a new incarnation")
            self._reincarnate(now)
        heads: dict[str, int] = {}
        for name in files.values():
            heads[name.stream] = max(name.last, heads.get(name.stream, 0))
        heads.pop(self.stream, None)
        closed = set(self._state.own_streams.closed())
        closed.discard(mine)  # as far as the store goes it is this process that closes it, a moment ago
        unknown = {stream: last for stream, last in heads.items() if stream not in closed}
        if unknown:
            with self._state.transaction():
                self._state.own_streams.note_opened(self.stream, now)
                self._state.outbox.put("", StreamOpened(closes=_incs(unknown)), "", "a new incarnation", now)
                for stream, last in unknown.items():
                    self._state.own_streams.close(stream, last)
        self._check_closed({place: name for place, name in files.items() if name.stream in closed}, now)

    def _is_news(self, place: str, name: layout.FileName) -> bool:
        """Whether a file of the present stream ends in an event that this database lacks.

        Looking at the newest file alone would miss the shorter branch of a fork. A database is restored
        before a process begins: then a name is enough, as the file may be torn. Later only what this node's
        key has signed counts, or anybody who can write to the drive could have it begin anew for ever.
        """
        held = self._state.streams.known_id(name.stream, name.last)
        if held is not None and held.startswith(name.h8):
            return False
        return not self._begun or self._is_signed(place, name)

    def _check_closed(self, files: Mapping[str, layout.FileName], now: int) -> None:
        """A closed incarnation that grows is written by another machine that has this node's key.

        It counts as stopped once nothing has grown for an hour. A name alone accuses nobody.
        """
        own = self._state.own_streams
        closed = own.closed()
        for place, name in sorted(files.items()):
            if name.last > closed[name.stream] and self._is_signed(place, name):
                own.note_other_writer(now)
                own.close(name.stream, name.last)
                closed[name.stream] = name.last
        seen = own.other_writer_seen()
        if seen and 0 <= now - seen < HOUR_MS:
            raise Refused(
                f"another machine writes with the key of {self.me.node}",
                "stop one of the two, and give the second its own config directory and key; "
                "an hour after the last sign of it, this one goes on",
            )

    def _doubt(self, unsaid: OutboxEntry, now: int) -> None:
        """What an old database was about to tell may have been told, and be over since.

        It would undo what came after; what is here and was not told of, the new first day tells. A file may
        have gone meanwhile, so it is proven to be there before it is told.
        """
        if unsaid.body.in_new_incarnation == "drop":
            self._state.outbox.drop(unsaid.n)
        elif unsaid.body.in_new_incarnation == "recheck_files":
            self._state.outbox.check_again(unsaid)
            self._state.dirty.mark([(unsaid.library, unsaid.item)], now)
            log.info(
                "%s: what an old database tells of the files of %s is looked at again",
                unsaid.library,
                unsaid.item,
            )

    def _is_signed(self, place: str, name: layout.FileName) -> bool:
        try:
            verify_file(self._store.read(place), name, self.me.mesh, verifier(self._key.public))
        except (Missing, Rejected):
            return False
        return True

    def _own_files(self) -> dict[str, layout.FileName]:
        """Return the files of all of this node's streams, by their places, as the store shows them."""
        found = {f"{layout.EVENTS}/{text}": layout.parse_tail(text) for text in self._store.tails()}
        for stream in self._store.streams():
            if stream.startswith(f"{self.me.node}."):
                for text in self._store.segments(stream):
                    found[f"{layout.segment_folder(stream)}/{text}"] = layout.parse_segment(stream, text)
        return {place: name for place, name in found.items() if name and name.node == self.me.node}

    def _reincarnate(self, now: int) -> None:
        with self._state.transaction():
            seq, _ = self._state.streams.cursor(self.stream)
            self._state.own_streams.close(self.stream, seq)
            self._state.own_streams.begin(secrets.token_hex(4))
            self._state.streams.forget_acknowledged()
            self._state.items.forget_baselines()
            for unsaid in self._state.outbox.all():
                self._doubt(unsaid, now)
            self._state.first_days.begin_again()
            self._state.libraries.forget_baselined()


def _incs(streams: Mapping[str, int]) -> dict[str, int]:
    return {stream.rpartition(".")[2]: last for stream, last in streams.items()}
