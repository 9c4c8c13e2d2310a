"""An executable that behaves as cloudplow does, with its traps; `gdrive:` is a folder."""

import json
import sys
from pathlib import Path
from typing import Any

_PROGRAM = """#!{python} -IS
import json, os, shutil, sys, time
here = os.path.dirname(os.path.realpath(__file__))
config = sys.argv[sys.argv.index("--config") + 1]
with open(os.path.join(here, "starts"), "a") as starts:
    starts.write("|")
settings = json.load(open(config))
settings.update({{name: json.loads(os.environ[name]) for name in settings if name in os.environ}})
if "nzbget" not in settings:
    with open(config, "w") as file:
        json.dump({{**settings, "nzbget": {{"enabled": False}}}}, file, indent=4)
    sys.exit(0)  # "Your config was upgraded"
lock = os.path.join(here, "locks", "upload.lock")
os.makedirs(os.path.dirname(lock), exist_ok=True)
os.close(os.open(lock, os.O_CREAT | os.O_EXCL))  # the real one waits here for ever
for name in settings["uploader"]:
    remote = settings["remotes"][name]
    source, target = remote["upload_folder"], remote["upload_remote"].partition(":")[2].strip("/")
    for folder, _, names in os.walk(source):
        for each in names if not os.path.exists(os.path.join(here, "failing")) else ():
            place = os.path.join({drive!r}, target, os.path.relpath(os.path.join(folder, each), source))
            os.makedirs(os.path.dirname(place), exist_ok=True)
            if os.path.exists(os.path.join(here, "stalled")):
                with open(place, "wb") as half:
                    half.write(b"half")
                with open(os.path.join(here, "sending"), "w") as sending:
                    sending.write(str(os.getpid()))
            while os.path.exists(os.path.join(here, "stalled")):
                time.sleep(0.05)
            shutil.move(os.path.join(folder, each), place)
if os.path.exists(os.path.join(here, "killed")):
    os.kill(os.getpid(), 9)
os.remove(lock)
sys.exit(0)  # whatever happened
"""


class StandIn:
    """cloudplow in a folder of its own, which uploads from `local` to `gdrive:`, the folder `drive`."""

    def __init__(self, folder: Path, local: Path, drive: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.binary = folder / "cloudplow.py"
        self.binary.write_text(_PROGRAM.format(python=sys.executable, drive=str(drive)))
        self.binary.chmod(0o755)
        self.config = folder / "config.json"
        self.lock = folder / "locks" / "upload.lock"
        self.settings: dict[str, Any] = {
            "core": {"dry_run": False},
            "nzbget": {"enabled": False},
            "remotes": {"google": {"upload_folder": str(local), "upload_remote": "gdrive:/"}},
            "uploader": {"google": {"max_size_gb": 200}},
        }
        self.write()

    def write(self) -> None:
        """Write its configuration."""
        self.config.write_text(json.dumps(self.settings))

    @property
    def starts(self) -> int:
        """How often it was started."""
        noted = self.folder / "starts"
        return len(noted.read_text()) if noted.exists() else 0

    @property
    def sending(self) -> int:
        """The process that is stalled at a half file, 0 for none."""
        noted = self.folder / "sending"
        pid = int(noted.read_text() or 0) if noted.exists() else 0
        return pid if pid and Path(f"/proc/{pid}/fd").exists() else 0

    def will(self, how: str) -> None:
        """Have its next runs be `failing` (nothing is uploaded), `stalled` at a half file, or `killed`."""
        (self.folder / how).touch()

    def will_not(self, how: str) -> None:
        """Take back what `will` said."""
        (self.folder / how).unlink(missing_ok=True)
