"""What every arr is item to, and where its fixtures are.

A folder `tests/fixtures/arr/<kind>/` is all a further arr needs:

- `webhook/*.json`  bodies as the arr sends them, `script/*.json` environments as its script sees them;
- `signals.json`    what each of them tells: a list of signals, or "no signal" when it must be refused;
- `sample.json`     an item of this kind, to call the arr with.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import httpx
import msgspec

from mesharr.arr import kinds
from mesharr.arr.base import Arr, ArrKind
from mesharr.core.arr.model import FileToImport, NewItem, Signal

FIXTURES: Final = Path(__file__).parents[2] / "fixtures" / "arr"
KEY: Final = "0123456789abcdef0123456789abcdef"
NO_SIGNAL: Final = "no signal"
METHODS: Final = tuple(
    name
    for name in vars(Arr)
    if not name.startswith("_") and name not in {"unlisted", "forget_cached", "importable"}
)
"""The methods of the port that ask the arr something."""
Handler = Callable[[httpx.Request], httpx.Response]


class Sample(msgspec.Struct, frozen=True):
    """An item of a kind of arr."""

    id: str
    kind: str
    units: tuple[str, ...]
    ids: dict[str, int | str]
    title: str
    year: int
    folder: str
    root: str
    parts: tuple[str, ...] = ()
    release: str = ""

    def file(self, **changed: Any) -> FileToImport:
        """A file of the item as an arr is asked to import it."""
        file = FileToImport(
            ref=12,
            path=f"{self.folder}/a",
            units=self.units,
            parts=self.parts,
            release=self.release,
            quality="WEBDL-1080p",
            languages=("French", "Klingon"),
            group="GRP",
        )
        return msgspec.structs.replace(file, **changed)

    def new(self, **changed: str) -> NewItem:
        """The item as an arr is asked to add it."""
        item = NewItem(
            id=self.id,
            ids=self.ids,
            title=self.title,
            year=self.year,
            folder=self.folder,
            root=self.root,
            profile="HD-1080p",
            default_profile="Any",
            tag="mesharr-alice",
        )
        return msgspec.structs.replace(item, **changed)


class EventFixture(msgspec.Struct, frozen=True):
    """One fixture: where it came from, its bytes or environment, and what it must tell."""

    kind: ArrKind
    source: str
    name: str
    text: bytes
    signals: tuple[Signal, ...] | None

    def heard(self) -> tuple[Signal, ...]:
        """What the arr's parser makes of it."""
        return parse(self.kind, self.source, self.text)


def parse(kind: ArrKind, source: str, text: bytes) -> tuple[Signal, ...]:
    """What a parser of this kind makes of a webhook's bytes, or of a script's environment as JSON."""
    return kind.parse_webhook(text) if source == "webhook" else kind.parse_script(json.loads(text))


def known_kinds() -> list[ArrKind]:
    """Every kind of arr there is, by name."""
    return [kind for _, kind in sorted(kinds().items())]


def sample(kind: ArrKind) -> Sample:
    """The sample item of a kind."""
    return msgspec.json.decode((FIXTURES / kind.name / "sample.json").read_bytes(), type=Sample)


def event_fixtures(kind: ArrKind) -> list[EventFixture]:
    """Every fixture of a kind. A file without an entry in `signals.json`, or the reverse, is an error."""
    folder = FIXTURES / kind.name
    if not folder.is_dir():
        return []
    expected: Mapping[str, Any] = json.loads((folder / "signals.json").read_text())
    files = sorted(folder.glob("*/*.json"))
    assert {f"{path.parent.name}/{path.stem}" for path in files} == expected.keys()
    return [_event_fixture(kind, path, expected) for path in files]


def _event_fixture(kind: ArrKind, path: Path, expected: Mapping[str, Any]) -> EventFixture:
    source, name = path.parent.name, path.stem
    return EventFixture(kind, source, name, path.read_bytes(), _signals(expected[f"{source}/{name}"]))


def _signals(expected: Any) -> tuple[Signal, ...] | None:
    return None if expected == NO_SIGNAL else msgspec.convert(expected, tuple[Signal, ...])


def connected(kind: ArrKind, handler: Handler) -> Arr:
    """An adapter whose requests go to `handler`."""
    return kind.connect(
        httpx.Client(
            base_url="http://arr.test:1234/base",
            headers={"X-Api-Key": KEY},
            transport=httpx.MockTransport(handler),
        )
    )


def calls(kind: ArrKind) -> dict[str, Callable[[Arr], object]]:
    """One call of each method of the port, with the sample of the kind."""
    item = sample(kind)

    def with_parts(arr: Arr) -> object:
        found = arr.read(item.id)
        assert found is not None
        return arr.with_parts(found, [file.path for file in found.files])

    return {
        "read": lambda arr: arr.read(item.id),
        "read_all": lambda arr: list(arr.read_all()),
        "with_parts": with_parts,
        "check_settings": lambda arr: arr.check_settings(),
        "add": lambda arr: arr.add(item.new()),
        "set_monitored": lambda arr: arr.set_monitored(12, item.units, monitored=False),
        "rescan": lambda arr: arr.rescan(12, (f"{item.folder}/a",), item.units),
        "import_files": lambda arr: arr.import_files([item.file()]),
        "command_ended": lambda arr: arr.command_ended(7),
        "scans": lambda arr: arr.scans(),
        "move": lambda arr: arr.move(12, item.folder),
        "remove": lambda arr: arr.remove(12),
        "history_since": lambda arr: arr.history_since(1_763_150_462_000),
        "download_client_problems": lambda arr: arr.download_client_problems(),
        "downloads": lambda arr: arr.downloads(),
        "exclusions": lambda arr: arr.exclusions(),
        "setting_problems": lambda arr: arr.setting_problems(),
        "roots": lambda arr: arr.roots(),
        "has_file": lambda arr: arr.has_file(f"{item.folder}/a"),
        "add_many": lambda arr: arr.add_many([item.new()]),
        "library_info": lambda arr: arr.library_info(),
        "start_time": lambda arr: arr.start_time(),
    }
