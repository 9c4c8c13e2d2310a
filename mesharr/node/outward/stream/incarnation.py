"""This node's incarnations: the present one, and the check that it may be continued.

A database may have been restored from an old copy, or copied to another machine with its key. So nothing is
signed before this process has compared the store's files of this node's stream with the database. When the
store has events that the database lacks, the node continues in a new incarnation.
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
from mesharr.node.backoff import HOUR_MS
from mesharr.node.model import Me
from mesharr.state.queues.outbox import OutboxEntry
from mesharr.state.state import State

log = logging.getLogger(__name__)


class Incarnations:
    """Decides which stream this node writes, and begins another."""

    def __init__(self, me: Me, key: NodeKey, store: Store, state: State) -> None:
        self.me = me
        self._key = key
        self._store = store
        self._state = state
        self._guarded = False
        self._was_guarded = False

    @property
    def stream(self) -> str:
        """This node's present stream."""
        return f"{self.me.node}.{self._state.own_streams.incarnation()}"

    def begin(self) -> None:
        """Begin the first incarnation of a new database; one that has begun goes on."""
        with self._state.transaction():
            if not self._state.own_streams.incarnation():
                self._state.own_streams.begin(secrets.token_hex(4))

    def recheck(self) -> None:
        """Have the next `guard` check the store again."""
        self._guarded = False

    def guard(self, now: int) -> None:
        """Check once a process that the store is this mesh's and that the stream may be continued.

        Begins a new incarnation when it may not. Raises `Unavailable` when the store does not answer,
        `Refused` when it is of another mesh, or another machine writes with this node's key.
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
        self._guarded = self._was_guarded = True

    def _compare_own(self, now: int) -> None:
        """Compare the store's files of this node's streams with the database."""
        files = self._own_files()
        mine = self.stream
        is_forked = self._state.own_streams.is_forked(mine)
        if is_forked or any(
            self._is_unknown(place, name) for place, name in files.items() if name.stream == mine
        ):
            log.warning(
                "the store has events of this node that its database lacks: continuing as a new incarnation"
            )
            self._reincarnate(now)
        heads: dict[str, int] = {}
        for name in files.values():
            heads[name.stream] = max(name.last, heads.get(name.stream, 0))
        heads.pop(self.stream, None)
        closed = set(self._state.own_streams.closed())
        closed.discard(mine)  # this process may have closed it a moment ago; the store has no event of that
        unknown = {stream: last for stream, last in heads.items() if stream not in closed}
        if unknown:
            with self._state.transaction():
                self._state.own_streams.note_opened(self.stream, now)
                self._state.outbox.put("", StreamOpened(closes=_incs(unknown)), "", "a new incarnation", now)
                for stream, last in unknown.items():
                    self._state.own_streams.close(stream, last)
        self._check_closed({place: name for place, name in files.items() if name.stream in closed}, now)

    def _is_unknown(self, place: str, name: layout.FileName) -> bool:
        """Return whether a file of the present stream ends in an event that this database lacks.

        All files are checked, as the newest one alone would miss the shorter branch of a fork. A database is
        restored before a process begins: in the first check a name is enough, as the file may be torn. Later
        only events that this node's key signed count, or anybody who can write to the drive could force new
        incarnations for ever.
        """
        known = self._state.streams.known_id(name.stream, name.last)
        if known is not None and known.startswith(name.h8):
            return False
        return not self._was_guarded or self._is_signed(place, name)

    def _check_closed(self, files: Mapping[str, layout.FileName], now: int) -> None:
        """Raise `Refused` while a closed incarnation grows: another machine has this node's key.

        That machine counts as stopped once nothing has grown for an hour. A file's name alone proves nothing.
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
                "an hour after the last such event, this one continues",
            )

    def _revise(self, entry: OutboxEntry, now: int) -> None:
        """Drop a queued fact of an old database, or have its files checked before it is published.

        The fact may have been published already, and be outdated: it would undo later events. What is here
        and was never published, the new first day publishes.
        """
        if entry.body.in_new_incarnation == "drop":
            self._state.outbox.drop(entry.n)
        elif entry.body.in_new_incarnation == "recheck_files":
            self._state.outbox.check_again(entry)
            self._state.dirty.mark([(entry.library, entry.item)], now)
            log.info(
                "%s: the files of %s are checked before they are published: the database is an old one",
                entry.library,
                entry.item,
            )

    def _is_signed(self, place: str, name: layout.FileName) -> bool:
        try:
            verify_file(self._store.read(place), name, self.me.mesh, verifier(self._key.public))
        except (Missing, Rejected):
            return False
        return True

    def _own_files(self) -> dict[str, layout.FileName]:
        """Return the store's files of all of this node's streams, by their places."""
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
            for entry in self._state.outbox.all():
                self._revise(entry, now)
            self._state.first_days.restart()
            self._state.libraries.forget_baselined()


def _incs(streams: Mapping[str, int]) -> dict[str, int]:
    return {stream.rpartition(".")[2]: last for stream, last in streams.items()}
