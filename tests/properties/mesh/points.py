"""What an older mesharr got wrong in sequences that follow each other closely: as few deeds as it takes.

Of each it is stated how soon all apps have to show the same files: 0 is after some nights.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

from tests.properties.mesh.deeds import (
    AT_ONCE_S,
    HOUR_S,
    LATER_S,
    SECOND_S,
    Act,
    Deed,
    Hooks,
    Meanwhile,
    Quirk,
    Unpublished,
)

SOON_S, NIGHTS_S = 600.0, 0.0


class Point(NamedTuple):
    """A short history, and what it has to come to."""

    name: str
    acts: Sequence[Act]
    promptly: float = SOON_S
    uploading: bool = False


def _with_a_file(library: str, *acts: Act, unit: int = 0) -> tuple[Act, ...]:
    """Return deeds after the first household has added and imported something."""
    return (
        Deed(0, library, "add", then=LATER_S),
        Deed(0, library, "import", unit=unit, number=5000, then=LATER_S),
        *acts,
    )


def _points() -> tuple[Point, ...]:
    found = [
        Point(
            "a name that was not published hands on what it ended",
            _with_a_file(
                "movies",
                Unpublished(0, 900.0),
                Deed(0, "movies", "rename", number=2001, then=LATER_S),
                Deed(0, "movies", "import", number=7002, then=700.0),
            ),
        ),
        Point(
            "the hook of the deletion comes before that of an import under one name",
            _with_a_file(
                "movies",
                Hooks(0, "disordered", dice=1),
                Deed(0, "movies", "import same name", number=7002, then=LATER_S),
            ),
        ),
        Point(
            "a film is added with a file that was there", (Deed(0, "movies", "add existing", number=7000),)
        ),
        Point(
            "a refresh is slow, and scans overlap",
            _with_a_file(
                "movies",
                Quirk(1, "movies", "parallel", 3600.0),
                Deed(1, "movies", "delete", flag=False),
                Deed(1, "movies", "add", then=LATER_S),
            ),
        ),
        Point(
            "an import while the app answers that a peer's claim is followed",
            (
                Deed(0, "movies", "add", then=LATER_S),
                Deed(1, "movies", "add", then=LATER_S),
                Deed(1, "movies", "import", number=5000, then=LATER_S),
                Meanwhile(1, "radarr", "PUT"),
                Deed(0, "movies", "claim", then=LATER_S),
                Deed(1, "movies", "import", number=7002, then=LATER_S),
            ),
            NIGHTS_S,
        ),
        Point(
            "one album comes twice in a second, with two files for a track",
            (
                Deed(0, "music", "add", then=LATER_S),
                Deed(1, "music", "add", then=LATER_S),
                Deed(0, "music", "import", number=4000, then=AT_ONCE_S),
                Deed(1, "music", "import foreign", then=LATER_S),
            ),
            NIGHTS_S,
        ),
    ]
    found.append(
        Point(
            "each scan decides anew between two files for a track",
            (
                Deed(0, "music", "add", then=LATER_S),
                Deed(1, "music", "add", then=LATER_S),
                Quirk(0, "music", "wavers", 540.0),
                Deed(0, "music", "import", number=4000, then=AT_ONCE_S),
                Deed(0, "music", "rename", number=3, then=AT_ONCE_S),
                Deed(1, "music", "import", number=5000, then=LATER_S),
                Deed(0, "music", "refresh", then=240.0),
            ),
        )
    )
    foreign = {"tv": "import unnamed", "music": "import foreign", "books": "import foreign"}
    for library in ("movies", "tv", "music", "books"):
        found += [
            Point(
                f"{library}: a folder that is moved a second after an import",
                (
                    Deed(0, library, "add", then=LATER_S),
                    Deed(0, library, "import", number=5000, then=SECOND_S),
                    Deed(0, library, "move files", number=2001, then=LATER_S),
                ),
            ),
            Point(
                f"{library}: a folder is added with its files",
                (Deed(0, library, "add existing", number=5000, then=LATER_S),),
            ),
            Point(
                f"{library}: a release is imported again over a union",
                _with_a_file(library, Deed(0, library, "import again", then=LATER_S)),
                uploading=True,
            ),
            *(
                Point(
                    f"{library}: {what}",
                    _with_a_file(library, Deed(0, library, what, then=LATER_S)),
                    NIGHTS_S if "folder" in what else SOON_S,
                )
                for what in ("recase", "recase folder", "odd name")
            ),
        ]
        if library in foreign:
            found.append(
                Point(
                    f"{library}: a file that no scan takes",
                    (
                        Deed(0, library, "add", then=LATER_S),
                        Deed(0, library, foreign[library], number=5000, then=LATER_S),
                    ),
                )
            )
    found += [
        Point(
            "two episodes exchange their names",
            _with_a_file(
                "tv",
                Deed(0, "tv", "import season", unit=3, number=5000, then=LATER_S),
                Deed(0, "tv", "swap", then=LATER_S),
            ),
        ),
        Point(
            "two episodes exchange their names before anybody looks",
            _with_a_file(
                "tv",
                Deed(0, "tv", "import season", unit=3, number=5000, then=LATER_S),
                Deed(0, "tv", "swap", flag=False, then=LATER_S),
            ),
        ),
        Point(
            "two tracks exchange their names", _with_a_file("music", Deed(0, "music", "swap", then=LATER_S))
        ),
        Point(
            "an import into the former spelling of a folder",
            _with_a_file(
                "tv",
                Deed(1, "tv", "recase folder", then=SECOND_S),
                Deed(0, "tv", "import", unit=1, number=7002, then=LATER_S),
            ),
            NIGHTS_S,
        ),
        Point(
            "an item with files of two households is deleted without them from a folder just respelled",
            _with_a_file(
                "tv",
                Deed(2, "tv", "import", unit=1, number=7002, then=2 * HOUR_S),
                Deed(2, "tv", "recase folder", then=SECOND_S),
                Deed(2, "tv", "delete", flag=False, then=LATER_S),
            ),
            NIGHTS_S,
        ),
        Point(
            "a film takes the folder of another one, and its file is replaced there",
            _with_a_file(
                "movies",
                Deed(0, "movies", "replace item", then=LATER_S),
                Deed(0, "movies", "import", item=2, number=7002, then=LATER_S),
            ),
        ),
        Point(
            "a file is overwritten",
            _with_a_file("movies", Deed(0, "movies", "overwrite", number=7002)),
            NIGHTS_S,
        ),
        Point(
            "a subtitle that nobody takes holds no film back",
            (
                Deed(0, "movies", "add", then=LATER_S),
                Deed(0, "movies", "import with odd subtitle", number=5000, then=LATER_S),
            ),
            uploading=True,
        ),
        Point(
            "a subtitle comes late",
            _with_a_file("movies", Deed(0, "movies", "late subtitle", then=LATER_S)),
            NIGHTS_S,
            uploading=True,
        ),
        Point(
            "a film gets another name the moment after a subtitle came",
            _with_a_file(
                "movies",
                Deed(0, "movies", "late subtitle", then=AT_ONCE_S),
                Deed(0, "movies", "rename", number=2001, then=LATER_S),
            ),
            NIGHTS_S,
            uploading=True,
        ),
    ]
    return tuple(found)


POINTS: Final = _points()
"""All of them."""
