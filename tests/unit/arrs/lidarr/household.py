"""The artists that the tests of the simulated Lidarr know, and a household with one."""

from functools import partial
from pathlib import Path

from tests.arrs.lidarr.app import KnownCreator, KnownEdition, KnownWork, SimulatedLidarr
from tests.unit.arrs.works.household import WorksHousehold

BOC = "69158f97-4c07-4c4e-baf8-4e4ab1ed666e"
OLD_BOC = "00000000-4c07-4c4e-baf8-4e4ab1ed666e"
APHEX = "f22942a1-6f70-4f48-866e-238cb2308fbd"
GEOGADDI = "b1392450-e666-3926-a536-22c65f834433"
GEOGADDI_CD = "11111111-e666-3926-a536-22c65f834433"
GEOGADDI_LP = "22222222-e666-3926-a536-22c65f834433"
CAMPFIRE = "33333333-e666-3926-a536-22c65f834433"
TWOISM = "44444444-e666-3926-a536-22c65f834433"
DRUKQS = "55555555-e666-3926-a536-22c65f834433"

ARTISTS = (
    KnownCreator(
        BOC,
        "Boards of Canada",
        (
            KnownWork(
                GEOGADDI,
                "Geogaddi",
                (
                    KnownEdition(GEOGADDI_CD, "Geogaddi", ("Ready Lets Go", "Music Is Math")),
                    KnownEdition(GEOGADDI_LP, "Geogaddi", ("Ready", "Music", "Bonus")),
                ),
                "2002-02-18",
            ),
            KnownWork(
                CAMPFIRE,
                "The Campfire Headphase",
                (KnownEdition("campfire-cd", "", ("Into the Rainbow Vein", "Chromakey Dreamcoat")),),
                "2005-10-17",
            ),
            KnownWork(
                TWOISM, "Twoism", (KnownEdition("twoism-cd", "", ("Sixtyniner",)),), "1995-08-01", "EP"
            ),
        ),
        genres=("IDM",),
        old_ids=(OLD_BOC,),
    ),
    KnownCreator(
        APHEX,
        "Aphex Twin",
        (KnownWork(DRUKQS, "Drukqs", (KnownEdition("drukqs-cd", "", ("Jynweythek",)),), "2001-10-22"),),
    ),
)


class LidarrHousehold(WorksHousehold[SimulatedLidarr]):
    """One Lidarr. `catalogue` is the metadata server's, and may be changed."""

    def __init__(self, folder: Path) -> None:
        self.catalogue = {artist.id: artist for artist in ARTISTS}
        super().__init__(folder, partial(SimulatedLidarr, catalogue=self.catalogue))
        self.artist = str(self.root / "Boards of Canada")

    def boards(self, **changes: object) -> int:
        """Boards of Canada, added silently and unmonitored; with the albums of the profile."""
        return self.added(BOC, "Boards of Canada", **changes)

    def geogaddi(self, suffix: str = ".flac", size: int = 10) -> list[Path]:
        """Both tracks of the CD, put there by somebody else."""
        folder = "Boards of Canada/Geogaddi (2002)"
        names = (f"{folder}/01 Ready Lets Go{suffix}", f"{folder}/02 Music Is Math{suffix}")
        return self.put(*names, size=size)

    def album_id(self, mbid: str = GEOGADDI) -> int:
        return self.arr.album(mbid).id

    def paths(self, mbid: str = GEOGADDI) -> list[str]:
        """The paths that the API shows for an album, below the artist's folder."""
        files = self.get(f"/trackfile?albumId={self.album_id(mbid)}")
        return sorted(file["path"].removeprefix(f"{self.artist}/") for file in files)
