"""How files on the disk are matched to works.

By folder and file name, in a simple stated way.

The real programs compare tags and names with a score. Here a file belongs to the creator whose
folder holds it, and its *title* (see the subclasses) has to be that of a work or of one of its
editions, whatever its case and punctuation.
"""

import os
import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mesharr.demo.arr.qualities import Quality
from mesharr.demo.arr.releases import clean_title
from tests.arrs.works.model import Edition, KnownWork, Track, Work

_YEAR = re.compile(r"\s*\(\d{4}\)$")


@dataclass(frozen=True)
class Match:
    """The work and edition that a file belongs to, and the tracks it holds."""

    work: Work
    edition: Edition
    tracks: tuple[Track, ...] = ()


class Matcher(ABC):
    """Reads file names. Relative names are below the creator's folder."""

    def __init__(self, qualities: Mapping[str, Quality], unknown: Quality, *others: Quality) -> None:
        """Make a matcher of the qualities by extension; `others` are those that no extension means."""
        self._qualities = qualities
        self._unknown = unknown
        self._by_id = {quality.id: quality for quality in (*others, *qualities.values(), unknown)}

    def quality_by_id(self, number: int) -> Quality:
        """Return the quality with the app's own id; KeyError for an unknown one."""
        return self._by_id[number]

    def quality(self, path: str) -> Quality:
        """Return the quality that the extension decides."""
        return self._qualities.get(os.path.splitext(path)[1].lower(), self._unknown)

    @abstractmethod
    def title(self, name: str) -> str:
        """Return the title of the work that a relative name holds; "" for none."""

    @abstractmethod
    def match(
        self, works: Sequence[Work], names: Sequence[str], tracks: Mapping[int, Sequence[Track]]
    ) -> Mapping[str, Match]:
        """Return the matches of these relative names to works of one creator.

        `tracks` are those of each edition, by the edition's id.
        """


def comparable(title: str) -> str:
    """Return a title as it is compared.

    Letters and digits in lower case, without a year at the end.
    """
    return clean_title(_YEAR.sub("", title))


def titled(works: Iterable[KnownWork], title: str) -> KnownWork | None:
    """Return the work that has this title, or an edition with it."""
    wanted = comparable(title)
    if not wanted:
        return None
    for work in works:
        names = (work.title, *(edition.title for edition in work.editions))
        if wanted in {comparable(name) for name in names if name}:
            return work
    return None
