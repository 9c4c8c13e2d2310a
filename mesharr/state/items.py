"""What this node knows of each item: its registry state, its baseline and its memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager

import msgspec

from mesharr.core.arr.snapshot import Baseline
from mesharr.core.planning.memory import ItemMemory
from mesharr.core.registry.facts import Cuts
from mesharr.core.registry.item_state import ItemState
from mesharr.state.db import Database, decoder
from mesharr.state.events.item_facts import ItemFacts, ItemVersion
from mesharr.state.events.streams import Streams
from mesharr.state.queues.outbox import Outbox, OutboxEntry

_baseline = decoder(Baseline)
_memory = decoder(ItemMemory)


class LocalItem(msgspec.Struct, frozen=True):
    """What this node alone keeps of an item."""

    baseline: Baseline | None = None
    """What the app listed when mesharr last finished with the item, None: never."""
    memory: ItemMemory = ItemMemory()
    """What mesharr did to the item in the app."""

    @property
    def was_listed(self) -> bool:
        """Whether the app listed the item when mesharr last finished with it."""
        return self.baseline is not None and self.baseline.present


class ItemRecord(msgspec.Struct, frozen=True, kw_only=True):
    """All that a visit needs to know of an item, read at one time. `Items.update` changes it."""

    library: str
    """Name of the library."""
    item: str
    """Id of the item."""
    registry: ItemState
    """What the events of all nodes say of the item."""
    pending: tuple[OutboxEntry, ...] = ()
    """The events about the item that are not signed yet."""
    local: LocalItem = LocalItem()
    """What this node alone keeps of the item."""


class Items:
    """The items of all libraries: what events say of them, and what this node alone keeps."""

    def __init__(self, db: Database, streams: Streams, outbox: Outbox) -> None:
        self._db = db
        self._streams = streams
        self._outbox = outbox
        self._folded: Mapping[tuple[str, str], ItemState] = {}

    # -- records

    def record(self, library: str, item: str) -> ItemRecord:
        """Return all that is known of an item, read at one time."""
        with self._db.reading():
            facts, pending = self.facts(library, item), tuple(self._outbox.of(library, item))
            local = self.local(library, item)
        registry = facts.folded()  # not while other threads wait for the database
        return ItemRecord(library=library, item=item, registry=registry, pending=pending, local=local)

    def local(self, library: str, item: str) -> LocalItem:
        """Return what this node alone keeps of an item."""
        return LocalItem(self.baseline(library, item), self.memory(library, item))

    def update(self, library: str, item: str, change: Callable[[LocalItem], LocalItem]) -> LocalItem:
        """Change what this node alone keeps of an item; return it as it is afterwards.

        `change` is called once, in a transaction, with the present value: whoever asked an app or a drive
        since reading the record loses nothing that another thread or a command wrote meanwhile.
        """
        with self._db.transaction():
            before = self.local(library, item)
            after = change(before)
            if after.memory != before.memory:
                self._put_memory(library, item, before.memory, after.memory)
            if after.baseline is not None and after.baseline != before.baseline:
                self.set_baselines(library, [(item, after.baseline)])
            return after

    def _put_memory(self, library: str, item: str, before: ItemMemory, memory: ItemMemory) -> None:
        """Keep a memory, with what of it is counted over all items in a column and rows of its own."""
        self._db.write(
            "INSERT OR REPLACE INTO memories VALUES(?,?,?,?)",
            (library, item, msgspec.json.encode(memory), len(memory.user_flag_suspects)),
        )
        if memory.paused != before.paused:
            self._db.write("DELETE FROM pauses WHERE library=? AND item=?", (library, item))
            self._db.write_many(
                "INSERT INTO pauses VALUES(?,?,?,?)",
                [(library, item, unit, pause.counts_for) for unit, pause in memory.paused.items()],
            )

    def update_memory(self, library: str, item: str, change: Callable[[ItemMemory], ItemMemory]) -> None:
        """Change what mesharr remembers of an item, as `update` does."""
        self.update(library, item, lambda local: msgspec.structs.replace(local, memory=change(local.memory)))

    def rename(self, library: str, old: str, new: str) -> None:
        """Move what this node alone keeps of an item to a new id; the old id is not listed."""
        with self._db.transaction():
            kept = self.local(library, old)
            self.update(library, new, lambda _: kept)
            self.update(library, old, lambda _: LocalItem(Baseline(present=False)))

    # -- registry

    def state(self, library: str, item: str, cuts: Cuts | None = None) -> ItemState:
        """Return the registry's state of an item, folded from every event about it.

        In a transaction only for an item that was folded before it (`mesharr.state.deciding`): a fold may take
        long, and webhooks wait.
        """
        with self._db.reading():
            if cuts is None and (known := self._folded.get((library, item))):
                return known
            facts = self.facts(library, item, cuts)
        return facts.folded()

    @contextmanager
    def folded(self, states: Mapping[tuple[str, str], ItemState]) -> Iterator[None]:
        """Use these states of items, by (library, item), within the transaction that this is in."""
        before, self._folded = self._folded, states
        try:
            yield
        finally:
            self._folded = before

    def facts(self, library: str, item: str, cuts: Cuts | None = None) -> ItemFacts:
        """Return the events about an item, read at one time, with other cuts if they are given."""
        with self._db.reading():
            version = self.version(library, item, cuts)
            events = {id_: self._streams.events_about(library, [id_]) for id_ in version.aliases.ids}
            return ItemFacts(library, version, events)

    def count_events(self, library: str, item: str) -> int:
        """Return how many events are read for an item's state."""
        return sum(self._streams.count_about(library, each) for each in self.around(library, item))

    def version(self, library: str, item: str, cuts: Cuts | None = None) -> ItemVersion:
        """Return of which events the registry's state of an item is made now."""
        aliases = self._streams.aliases.around(library, item)
        last = tuple(self._streams.last_place(library, each) for each in aliases.ids)
        return ItemVersion(aliases, last, cuts or self._streams.cuts())

    def ids(self, library: str, item: str) -> tuple[str, ...]:
        """Return all ids of an item, sorted. Where there may be several, events are read for it."""
        if self.around(library, item) == (item,):
            return (item,)
        return tuple(sorted(self.facts(library, item).ids()))

    def around(self, library: str, item: str) -> tuple[str, ...]:
        """Return an item's id and those that may be of the same item, as nodes say."""
        return self._streams.aliases.around(library, item).ids

    def with_those_around(self, items: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """Return (library, item) pairs and those whose state they may change."""
        found = (
            items
            if self._streams.aliases.are_none()
            else ((library, each) for library, item in items for each in self.around(library, item))
        )
        return list(dict.fromkeys(found))

    def said_alike(self, library: str, item: str, node: str) -> frozenset[str]:
        """Return the ids of which one node says that they are this item, whether that counts or not."""
        return self._streams.aliases.of(library, item, node)

    def all(self, library: str) -> list[str]:
        """Return the ids of every item of a library that an event is about."""
        return [
            str(row[0])
            for row in self._db.rows("SELECT DISTINCT item FROM about WHERE library=?", (library,))
        ]

    def touched(self, library: str, since: int, now: int) -> list[str]:
        """Return the items of a library that events since then (ms) are about.

        See `Streams.bodies_since` for which these are.
        """
        touched = (
            item
            for body in self._streams.bodies_since(since, now)
            for name, item in body.touched_items()
            if name == library
        )
        return list(dict.fromkeys(touched))

    def libraries(self) -> list[str]:
        """Return the names of the libraries that an event is about, sorted."""
        return [str(row[0]) for row in self._db.rows("SELECT DISTINCT library FROM about ORDER BY library")]

    # -- baselines and memories

    def baseline(self, library: str, item: str) -> Baseline | None:
        """Return what the app listed when mesharr last finished with an item, None: never."""
        return self._baseline(library, item, former=False)

    def former_baseline(self, library: str, item: str) -> Baseline | None:
        """Return the forgotten baseline of an item that has no other, None when there is none."""
        return self._baseline(library, item, former=True)

    def _baseline(self, library: str, item: str, *, former: bool) -> Baseline | None:
        row = self._db.row(
            "SELECT value FROM baselines WHERE library=? AND item=? AND former=?", (library, item, former)
        )
        return _baseline(row[0]) if row else None

    def baselines(self, library: str) -> Iterator[tuple[str, Baseline]]:
        """Yield (item, baseline) for every item of a library that has a baseline."""
        sql = "SELECT item, value FROM baselines WHERE library=? AND former=0"
        for item, value in self._db.rows(sql, (library,)):
            yield str(item), _baseline(value)

    def in_folder(self, library: str, folder: str) -> list[str]:
        """Return the items whose folder is or was this one in the app, in its very spelling."""
        sql = "SELECT item FROM baselines WHERE library=? AND folder=? AND former=0"
        return [str(item) for (item,) in self._db.rows(sql, (library, folder))]

    def neighbours(self, library: str, item: str, folder: str) -> list[str]:
        """Return the other items that are or were in a folder of the app, or met this one in it."""
        met = self.memory(library, item).shares_folder_with
        return sorted({*self.in_folder(library, folder), met} - {item, ""})

    def is_listed(self, library: str, item: str) -> bool:
        """Return `was_listed` of an item by its id in the catalogue, without reading the baseline."""
        sql = "SELECT 1 FROM baselines WHERE library=? AND item=? AND listed=1 AND former=0"
        return self._db.row(sql, (library, item)) is not None

    def was_listed(self, library: str, item: str) -> bool:
        """Return whether the app listed an item when mesharr last finished with it."""
        baseline = self.baseline(library, item)
        return baseline is not None and baseline.present

    def set_baselines(self, library: str, values: Iterable[tuple[str, Baseline]]) -> None:
        """Keep the baselines of items, given as (item, baseline), in place of those kept before."""
        self._db.write_many(
            "INSERT OR REPLACE INTO baselines(library, item, value, listed, wants, folder) VALUES(?,?,?,?,?,?)",
            [
                (library, item, msgspec.json.encode(each), each.present, each.may_want, each.folder)
                for item, each in values
            ],
        )

    def count_listed(self, library: str, *, wanting: bool = False) -> int:
        """Return how many items of a library its app lists.

        With `wanting` only those that may want a file.
        """
        sql = "SELECT count(*) FROM baselines WHERE library=? AND listed=1"
        row = self._db.row(f"{sql} AND wants=1" if wanting else sql, (library,))
        return int(row[0]) if row else 0

    def forget_baselines(self) -> None:
        """Forget every baseline: the next comparison takes new ones, and publishes nothing for them.

        Of an item that is deleted meanwhile no new one is taken: the former one tells what it was.
        """
        self._db.write("UPDATE baselines SET former=1, listed=0, wants=0")

    def memory(self, library: str, item: str) -> ItemMemory:
        """Return what mesharr did to an item in its app."""
        row = self._db.row("SELECT value FROM memories WHERE library=? AND item=?", (library, item))
        return _memory(row[0]) if row else ItemMemory()

    def note_shared_folder(self, library: str, item: str, other: str) -> None:
        """Remember of an item the other one of its folder, "" for none."""
        self.update_memory(
            library, item, lambda memory: msgspec.structs.replace(memory, shares_folder_with=other)
        )

    def sharing_folder_with(self, library: str, item: str) -> list[str]:
        """Return the items of a library that have this one as `ItemMemory.shares_folder_with`."""
        rows = self._db.rows(
            "SELECT item, value FROM memories WHERE library=? AND instr(CAST(value AS BLOB), CAST(? AS BLOB))",
            (library, b'"shares_folder_with":' + msgspec.json.encode(item)),
        )
        return [str(each) for each, value in rows if _memory(value).shares_folder_with == item]

    def suspected(self, library: str) -> int:
        """Return how many items have `ItemMemory.user_flag_suspects`."""
        row = self._db.row("SELECT count(*) FROM memories WHERE library=? AND suspects>0", (library,))
        return int(row[0]) if row else 0

    def paused(self) -> list[tuple[str, str]]:
        """Return the (library, item) pairs of which a unit is paused (`ItemMemory.paused`)."""
        rows = self._db.rows("SELECT DISTINCT library, item FROM pauses ORDER BY library, item")
        return [(str(library), str(item)) for library, item in rows]

    def paused_by(self, library: str, peer: str) -> int:
        """Return how many items have a pause that counts for a peer (`PauseRecord.counts_for`)."""
        row = self._db.row(
            "SELECT count(DISTINCT item) FROM pauses WHERE library=? AND counts_for=?", (library, peer)
        )
        return int(row[0]) if row else 0
