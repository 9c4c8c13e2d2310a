"""Everything this node keeps, by what it is about."""

from mesharr.state.db import Database, Notes
from mesharr.state.events.index import Index
from mesharr.state.events.own_files import OwnFiles
from mesharr.state.events.quarantine import Quarantine
from mesharr.state.events.streams import Streams
from mesharr.state.first_days import FirstDays
from mesharr.state.grabs import Grabs
from mesharr.state.items import Items
from mesharr.state.jobs import Counters, Holds, Refusals, Scans
from mesharr.state.queues import Inbox, Outbox


class State:
    """The tables of one database. `transaction` spans all of them."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.transaction = db.transaction
        self.notes = Notes(db)
        self.streams = Streams(db)
        self.index = Index(db)
        self.quarantine = Quarantine(db)
        self.own_files = OwnFiles(db)
        self.items = Items(db, self.streams)
        self.inbox = Inbox(db)
        self.outbox = Outbox(db)
        self.grabs = Grabs(db)
        self.scans = Scans(db)
        self.holds = Holds(db)
        self.refusals = Refusals(db)
        self.counters = Counters(db)
        self.first_days = FirstDays(db)
