"""The authors that the tests of the simulated Readarr know, and a household with one."""

from functools import partial
from pathlib import Path

from tests.arrs.readarr.app import KnownCreator, KnownEdition, KnownWork, SimulatedReadarr
from tests.unit.arrs.works.household import WorksHousehold

LE_GUIN, LEM = "874602", "10991"
EARTHSEA, EARTHSEA_PAPER, EARTHSEA_GERMAN = "1113469", "13642", "99999"
TEHANU, TEHANU_PAPER = "2902890", "13661"
SOLARIS = "3333881"
LEGUIN_FOLDER = "Ursula K. Le Guin"

AUTHORS = (
    KnownCreator(
        LE_GUIN,
        LEGUIN_FOLDER,
        (
            KnownWork(
                EARTHSEA,
                "A Wizard of Earthsea",
                (
                    KnownEdition(EARTHSEA_PAPER, "A Wizard of Earthsea", isbn13="9780553383041"),
                    KnownEdition(EARTHSEA_GERMAN, "Der Magier der Erdsee", asin="B00XYZ"),
                ),
                "1968-01-01",
            ),
            KnownWork(TEHANU, "Tehanu", (KnownEdition(TEHANU_PAPER, "Tehanu"),), "1990-01-01"),
        ),
    ),
    KnownCreator(
        LEM, "Stanislaw Lem", (KnownWork(SOLARIS, "Solaris", (KnownEdition("95558"),), "1961-01-01"),)
    ),
)


class ReadarrHousehold(WorksHousehold[SimulatedReadarr]):
    """One Readarr. `catalogue` is the metadata server's, and may be changed."""

    def __init__(self, folder: Path) -> None:
        self.catalogue = {author.id: author for author in AUTHORS}
        super().__init__(folder, partial(SimulatedReadarr, catalogue=self.catalogue))
        self.author = str(self.root / LEGUIN_FOLDER)

    def le_guin(self, **changes: object) -> int:
        """Ursula K. Le Guin, added unmonitored with all her books."""
        return self.added(LE_GUIN, LEGUIN_FOLDER, **changes)

    def earthsea(self, suffix: str = ".epub", size: int = 10) -> Path:
        """A book put there by somebody else."""
        name = f"{LEGUIN_FOLDER}/A Wizard of Earthsea/{LEGUIN_FOLDER} - A Wizard of Earthsea{suffix}"
        return self.put(name, size=size)[0]

    def book_id(self, goodreads: str = EARTHSEA) -> int:
        return self.arr.book(goodreads).id

    def names(self, goodreads: str = EARTHSEA) -> list[str]:
        """The names of the files that the API shows for a book."""
        files = self.get(f"/bookfile?bookId={self.book_id(goodreads)}")
        return sorted(Path(file["path"]).name for file in files)

    def reasons(self) -> list[object]:
        """Why files were dropped, as far as history says it."""
        rows = self.get("/history?eventType=5&sortDirection=ascending")["records"]
        return [row["data"]["reason"] for row in rows]
