"""What there is once a node: mesh, running time, last hello, request to compare everything."""

import msgspec

from mesharr.state.db import Database
from mesharr.state.records.one_row import OneRow


class NodeFacts(msgspec.Struct, frozen=True):
    """The single values of this node."""

    mesh: str
    """The id of the mesh that this node belongs to, "" before it was seen for the first time."""
    mesh_name: str
    """The name of that mesh, "" before the store was available for the first time."""
    running_s: int
    """How many seconds this node has run, over all its processes."""
    hello: str
    """The description that the last hello gave of this node (JSON), "" before the first."""
    hello_at: int
    """When the last hello was put into the outbox (ms), 0: never."""
    hello_owed: int
    """Since when events of peers are applied that no hello has confirmed (ms), 0: there are none."""
    sync_requested: int
    """When the user asked the running daemon to compare everything (ms), 0: it was done."""
    retry_requested: int
    """When the user last asked to try again all that waits (ms), 0: never."""
    uploads_paused: int
    """Since when the user has uploads paused (ms), 0: they are not."""
    uploads_limit: int
    """How many bytes may be uploaded in 24 hours, 0: any number."""


class NodeRecord:
    """The table `node`. Its owner is the engine (`node.passes`), of the hello the publisher."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._row = OneRow(db, "node", NodeFacts)

    def get(self) -> NodeFacts:
        """Return the single values of this node."""
        return self._row.get()

    def join(self, mesh: str) -> None:
        """Keep the id of the mesh that this node belongs to."""
        self._row.set(mesh=mesh)

    def note_mesh_name(self, name: str) -> None:
        """Keep the name of the mesh, as the store has it."""
        if name != self.get().mesh_name:
            self._row.set(mesh_name=name)

    def note_running(self, seconds: int) -> None:
        """Keep how many seconds this node has run."""
        self._row.set(running_s=seconds)

    def note_hello(self, description: str, now: int) -> None:
        """Keep the description of a hello that is in the outbox and confirms all that is applied."""
        self._row.set(hello=description, hello_at=now, hello_owed=0)

    def owe_hello(self, now: int) -> None:
        """Keep that events of peers were applied which the next hello has to confirm."""
        self._db.write("UPDATE node SET hello_owed=? WHERE hello_owed=0", (now,))

    def request_retry(self, now: int) -> None:
        """Have every process forget what it keeps of the apps' answers: it may explain a refusal."""
        self._row.set(retry_requested=now)

    def request_sync(self, now: int) -> None:
        """Ask the running daemon to compare everything."""
        self._row.set(sync_requested=now)

    def pause_uploads(self, since: int) -> None:
        """Keep since when the user has uploads paused (ms), 0: no more."""
        self._row.set(uploads_paused=since)

    def note_uploads_limit(self, limit: int) -> None:
        """Keep how many bytes may be uploaded in 24 hours, 0: any number."""
        if limit != self.get().uploads_limit:
            self._row.set(uploads_limit=limit)

    def take_sync_request(self) -> bool:
        """Take away the request to compare everything; return whether there was one."""
        if not self.get().sync_requested:
            return False  # asked at each poll: no lock is taken for it
        self._row.set(sync_requested=0)
        return True
