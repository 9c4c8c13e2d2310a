"""A household that uploads one film, beside a peer that sees what is on the drive."""

from pathlib import Path
from typing import TypeVar

from tests.support.crashing import Mortal, Uploading
from tests.support.household import Clock, make_drive, settle

FILM = "Film 7 (2007)"
FILE = f"{FILM}/{FILM} Bluray-1080p.mkv"


class UploadingFilm(Uploading):
    """It uploads film 7, as its Radarr downloads it first."""

    @property
    def here(self) -> Path:
        """The film on the local branch."""
        return self.local / "movies" / FILE

    @property
    def there(self) -> Path:
        """The film on the drive."""
        return self.drive / "movies" / FILE


Uploads = TypeVar("Uploads", bound=UploadingFilm)


def alice_beside_bob(kind: type[Uploads], root: Path, clock: Clock) -> Uploads:
    """Return alice with film 7 in her Radarr, who trusts bob; her uploads appear on his mount, too."""
    make_drive(root / "drive")
    alice = kind("alice", root, clock, late=0)
    bob = Mortal("bob", root, clock, late=0)
    alice.mounts.append(bob.mount)
    alice.trust(bob)
    settle(clock, alice, seconds=300, steps=30)
    alice.radarr.add(7)
    return alice
