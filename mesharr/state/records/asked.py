"""Items that an app lists although they are removed in the mesh.

The user is asked about each.
"""

from typing import Final, Literal

import msgspec

from mesharr.state.db import Database

QuestionKind = Literal["returned", "removed"]
"""`returned`: the app lists it again since a restart. `removed`: a peer removed what this household has, too."""
ASKED: Final[tuple[QuestionKind, ...]] = ("returned", "removed")
Answer = Literal["", "restore", "queued", "remove"]
"""`restore`: wanted again; `queued`: wanted again, and the item is being compared; `remove`: to be removed."""


class Question(msgspec.Struct, frozen=True):
    """One item that the user is asked about."""

    library: str
    item: str
    kind: QuestionKind
    why: str
    """Why the user has to decide."""
    answer: Answer = ""
    """What the user decided, "" for nothing yet."""


class AskedItems:
    """The table `asked_items`. Its owner is `node.missing_items`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    def all(self) -> list[Question]:
        """Return every question, the answered ones included."""
        rows = self._db.rows(f"SELECT {_QUESTION} FROM asked_items ORDER BY library, item")
        return [Question(*row) for row in rows]

    def get(self, library: str, item: str) -> Question | None:
        """Return the question about an item, None when there is none."""
        row = self._db.row(f"SELECT {_QUESTION} FROM asked_items WHERE library=? AND item=?", (library, item))
        return Question(*row) if row else None

    def ask(self, library: str, item: str, kind: QuestionKind, why: str) -> bool:
        """Keep a question; return whether it is new. One that was asked keeps its answer."""
        if self.get(library, item):
            return False
        self._db.write(
            "INSERT INTO asked_items(library, item, kind, why) VALUES(?,?,?,?)", (library, item, kind, why)
        )
        return True

    def answer(self, library: str, item: str, answer: Answer) -> None:
        """Keep what the user decided."""
        self._db.write("UPDATE asked_items SET answer=? WHERE library=? AND item=?", (answer, library, item))

    def drop(self, library: str, item: str, kind: QuestionKind) -> None:
        """Forget the question of a kind about an item; nothing happens without one."""
        found = self.get(library, item)
        if found and found.kind == kind:
            self._db.write("DELETE FROM asked_items WHERE library=? AND item=?", (library, item))


_QUESTION = "library, item, kind, why, answer"
