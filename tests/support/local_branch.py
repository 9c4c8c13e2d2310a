"""A household whose app writes to a local branch, from which mesharr uploads to the drive."""

import shutil
from pathlib import Path

from mesharr.node.outward.upload_paths import ANCHOR
from tests.support.household import Household


class LocalBranchHousehold(Household):
    """Its app writes to a local branch, `branches` of each library in its config.

    That stands for the union, so the anchor is in it, too.
    """

    def make_library(self, library: str) -> Path:
        """Return the folder of a library on the local branch."""
        folder = self.dir / "local" / library
        folder.mkdir(parents=True)
        shutil.copy(self.drive / library / ANCHOR, folder)
        return folder


def branches(root: Path, library: str = "movies", remote: str = "gdrive") -> dict[str, str]:
    """Return the settings of a library of alice's, with the branches that its files go between."""
    return {
        "cloud": str(root / "drive" / library),
        "local": str(root / "alice" / "local" / library),
        "remote": f"{remote}:{library}",
    }
