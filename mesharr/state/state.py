"""The state of a node: all tables of its database, by what they are about."""

from mesharr.state.conditions.notices import SentNotices
from mesharr.state.conditions.outages import Outages
from mesharr.state.conditions.refusals import Refusals
from mesharr.state.counters import Counters
from mesharr.state.db import Database
from mesharr.state.events.catalogue import Catalogue
from mesharr.state.events.index import Index
from mesharr.state.events.own_files import OwnFiles
from mesharr.state.events.own_streams import OwnStreams
from mesharr.state.events.quarantine import Quarantine
from mesharr.state.events.streams import Streams
from mesharr.state.events.timeline import Timeline
from mesharr.state.first_days import FirstDays
from mesharr.state.grabs import Grabs
from mesharr.state.holds import Holds
from mesharr.state.items import Items
from mesharr.state.queues.dirty import DirtyItems
from mesharr.state.queues.dropped_files import DroppedFiles
from mesharr.state.queues.inbox import Inbox
from mesharr.state.queues.new_files import NewFilesQueue
from mesharr.state.queues.outbox import Outbox
from mesharr.state.queues.partials import Partials
from mesharr.state.queues.paused_remotes import PausedRemotes
from mesharr.state.queues.scans import Scans
from mesharr.state.queues.trash import TrashQueue
from mesharr.state.queues.upload_conflicts import UploadConflicts
from mesharr.state.queues.uploads import Uploads
from mesharr.state.records.apps import Apps
from mesharr.state.records.asked import AskedItems
from mesharr.state.records.conflicts import Conflicts
from mesharr.state.records.introductions import Introductions
from mesharr.state.records.libraries import Libraries
from mesharr.state.records.missing import MissingItems
from mesharr.state.records.node import NodeRecord
from mesharr.state.records.nodes import NodeNames, NodeWarnings
from mesharr.state.records.scan_marks import ScanMarks
from mesharr.state.records.store import StoreRecord


class State:
    """The tables of one database. `transaction` is that of the database: it spans all tables."""

    def __init__(self, db: Database) -> None:
        self.db = db
        self.transaction = db.transaction
        self.lazily = db.lazily
        self.node = NodeRecord(db)
        self.store = StoreRecord(db)
        self.own_streams = OwnStreams(db)
        self.streams = Streams(db)
        self.index = Index(db)
        self.catalogue = Catalogue(db)
        self.timeline = Timeline(db)
        self.quarantine = Quarantine(db)
        self.own_files = OwnFiles(db)
        self.dirty = DirtyItems(db)
        self.inbox = Inbox(db)
        self.uploads = Uploads(db)
        self.upload_conflicts = UploadConflicts(db)
        self.partials = Partials(db)
        self.paused_remotes = PausedRemotes(db)
        self.outbox = Outbox(db, self.uploads)
        self.new_files = NewFilesQueue(db)
        self.items = Items(db, self.streams, self.outbox)
        self.grabs = Grabs(db)
        self.scans = Scans(db)
        self.trash = TrashQueue(db)
        self.dropped_files = DroppedFiles(db)
        self.holds = Holds(db)
        self.outages = Outages(db)
        self.refusals = Refusals(db)
        self.counters = Counters(db)
        self.first_days = FirstDays(db)
        self.apps = Apps(db)
        self.libraries = Libraries(db)
        self.missing = MissingItems(db)
        self.asked = AskedItems(db)
        self.conflicts = Conflicts(db)
        self.scan_marks = ScanMarks(db)
        self.names = NodeNames(db)
        self.node_warnings = NodeWarnings(db)
        self.introductions = Introductions(db)
        self.sent_notices = SentNotices(db)
