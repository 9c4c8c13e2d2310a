"""Have an app import the files of many items by ids, by as few commands as they take."""

import logging
from collections.abc import Sequence
from typing import Final

from mesharr.core.errors import MesharrError
from mesharr.core.text import quantity
from mesharr.node.backoff import ARR_MS
from mesharr.node.inward.bulk.planned import Importing
from mesharr.node.inward.bulk.towards_scan import BEGIN_MS, IMPORT_MS, LeftToScan
from mesharr.node.inward.files.file_executor import IMPORTING, MOMENT_MS
from mesharr.node.inward.files.import_command import BY_HAND, ImportCommand
from mesharr.node.inward.files.settle import Settler
from mesharr.node.inward.visit_context import VisitContext
from mesharr.node.model import AppLink
from mesharr.node.outcome import Done, RecheckAt

log = logging.getLogger(__name__)

IMPORT_BATCH: Final = 500
"""How many files one command imports at most, but for those of one item."""


class BulkImports:
    """The imports by ids of one pass over many items of one app."""

    def __init__(self, context: VisitContext, settler: Settler, link: AppLink, left: LeftToScan) -> None:
        self._context = context
        self._settler = settler
        self._state = context.state
        self._link = link
        self._left = left
        self.asked: list[Importing] = []
        """What the app was asked to import, or is left to its scan: it is to be checked later."""

    def send(self, importing: Sequence[Importing]) -> None:
        """Have the files of many items imported; those that the app failed on last time go last."""
        rest = sorted(importing, key=lambda each: each.visit.dirty.why.endswith(BY_HAND))
        while rest:
            count = files = 0
            while count < len(rest) and files < IMPORT_BATCH:
                files += len(rest[count].files)
                count += 1
            batch, rest = rest[:count], rest[count:]
            if error := self._send(batch):
                self._settler.put_off((each.visit.dirty for each in rest), error)
                return

    def _send(self, batch: Sequence[Importing]) -> MesharrError | None:
        """Import the files of a batch; return what keeps the app from being asked any more."""
        with self._state.transaction():
            for each in batch:
                each.executor.remember_import(each.action)
        sent = ImportCommand(self._link.arr)
        sent.send([file for each in batch for file in each.files])
        begun: list[Importing] = []
        put_off: list[Importing] = []
        with self._state.transaction():
            for each in batch:
                try:
                    outcome = each.executor.note_import(each.action, sent)
                except MesharrError:
                    put_off.append(each)
                    continue
                if isinstance(outcome, RecheckAt):
                    begun.append(each)
                elif isinstance(outcome, Done):
                    self.asked.append(each)
                else:
                    self._settler.settle(each.visit.dirty, each.visit.title, outcome)
        self._note_begun(begun)
        if sent.stopped:
            self._settler.put_off((each.visit.dirty for each in put_off), sent.stopped)
        return sent.stopped

    def _note_begun(self, begun: Sequence[Importing]) -> None:
        """Note what the app imports, and when it will be done."""
        if not begun:
            return
        files = sum(len(each.files) for each in begun)
        begins = max(self._context.now(), self._left.imports_until) + BEGIN_MS
        self._left.imports_until = begins + max(MOMENT_MS, min(ARR_MS, IMPORT_MS * files))
        for each in begun:
            outcome = RecheckAt(self._left.imports_until, IMPORTING)
            self._context.watcher.acted(each.visit.item, each.action, outcome)
        many = quantity(files, "file"), quantity(len(begun), "item")
        log.info("%s: importing %s of %s", self._link.name, *many)
        self.asked += begun
