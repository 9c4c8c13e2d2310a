"""A Lidarr or Readarr with a folder on disk, a clock that stands still and a receiver of webhooks."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Generic, TypeVar

import httpx

from tests.arrs.works.app import SimulatedWorksApp
from tests.support.receiver import KEY, Receiver

S = TypeVar("S", bound=SimulatedWorksApp)


class WorksHousehold(Receiver, Generic[S]):
    """One arr and what its webhook told; `answer` is the receiver's status.

    The root holds a file besides the creators' folders, so that it never looks unmounted.
    """

    def __init__(self, folder: Path, make: Callable[..., S]) -> None:
        super().__init__(folder, "Library")
        self.arr = make(roots=[str(self.root)], api_key=KEY, now=lambda: self.time, post=self.receive)
        self.traits = self.arr.library.traits
        self.client = self.client_of(self.arr)

    def connect(self, **changes: Any) -> httpx.Response:
        return self.register(self.client, self.arr.definition.triggers, **changes)

    def body(self, foreign_id: str, name: str, **changes: Any) -> dict[str, Any]:
        """A creator's object as a POST takes it; what is `...` is left out."""
        body = {
            self.traits.name("{creator}Name"): name,
            self.traits.name("foreign{Creator}Id"): foreign_id,
            "qualityProfileId": 1,
            "metadataProfileId": 1,
            "path": str(self.root / name),
            "monitored": False,
            "monitorNewItems": "none",
            "tags": [],
            **changes,
        }
        return {key: value for key, value in body.items() if value is not ...}

    def post(self, foreign_id: str, name: str, **changes: Any) -> httpx.Response:
        return self.client.post(f"/{self.traits.creator}", json=self.body(foreign_id, name, **changes))

    def added(self, foreign_id: str, name: str, **changes: Any) -> int:
        response = self.post(foreign_id, name, **changes)
        assert response.status_code == 201, response.text
        self.arr.run_commands()
        return int(response.json()["id"])

    def put(self, *names: str, size: int = 10) -> list[Path]:
        """Put files there behind the arr's back, as a peer's upload does."""
        paths = [self.root / name for name in names]
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x" * size)
        return paths

    def command(self, name: str, **parameters: Any) -> dict[str, Any]:
        """Queue a command and run everything; the command as it is then."""
        answer = self.client.post("/command", json={"name": name, **parameters})
        assert answer.status_code == 201, answer.text
        self.arr.run_commands()
        done: dict[str, Any] = self.client.get(f"/command/{answer.json()['id']}").json()
        return done

    def rescan(self, folder: str | Path, *creator_ids: int, **changes: Any) -> dict[str, Any]:
        """The scan that mesharr asks for."""
        return self.command(
            "RescanFolders",
            **{
                "folders": [str(folder)],
                "filter": "matched",
                self.traits.name("addNew{Creator}s"): False,
                self.traits.name("{creator}Ids"): list(creator_ids),
                **changes,
            },
        )

    def settings(self, page: str, **changes: object) -> None:
        path = f"/config/{page}"
        self.client.put(path, json={**self.client.get(path).json(), **changes})

    def get(self, path: str) -> Any:
        answer = self.client.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def script(self, folder: Path) -> Callable[[], list[dict[str, str]]]:
        """Connect a custom script; returns what gives the variables of each of its runs.

        Names come without the arr's prefix.
        """
        prefix = f"{self.arr.definition.app.lower()}_"
        out, file = folder / "runs", folder / "script.sh"
        file.write_text(f'#!/bin/sh\necho "--" >> "{out}"\nenv | grep ^{prefix} >> "{out}"\n')
        file.chmod(0o755)
        answer = self.connect(
            name="script",
            implementation="CustomScript",
            configContract="CustomScriptSettings",
            fields=[{"name": "path", "value": str(file)}],
        )
        assert answer.status_code == 201, answer.text

        def runs() -> list[dict[str, str]]:
            parts = out.read_text().split("--\n")[1:]
            lines = [[line for line in part.splitlines() if "=" in line] for part in parts]
            return [dict(line.removeprefix(prefix).split("=", 1) for line in part) for part in lines]

        return runs
