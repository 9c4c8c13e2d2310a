"""The entry script and the daemon in a hardened container: only the config dir and /tmp can be written.

No container engine is needed: a mount namespace makes the root read-only, `setpriv` drops the capabilities.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from mesharr.disk.mounts import mount_of, read_mountinfo
from tests.support.loopback import ask
from tests.support.mounts import free_port, running, until

REPOSITORY = Path(__file__).parent.parent.parent
ENTRY = REPOSITORY / "mesharr" / "container" / "entrypoint.sh"
NO_NAMESPACE = 77

READ_ONLY = f"""
for folder in "$MESHARR_CONFIG_DIR" "$TMPDIR"; do
    mount --bind "$folder" "$folder" || exit {NO_NAMESPACE}
done
for point in $POINTS; do mount -o remount,ro,bind "$point" || exit {NO_NAMESPACE}; done
if touch "$REPOSITORY/written" 2> /dev/null; then echo "the root can be written" >&2; exit 1; fi
exec setpriv --bounding-set=-all --inh-caps=-all --no-new-privs sh "$ENTRY" "$@"
"""


@pytest.mark.campaign
@pytest.mark.skipif(
    (os.geteuid() != 0 or not shutil.which("unshare")) and not os.environ.get("CI"),
    reason="it makes a mount namespace: run it as root, with util-linux",
)
def test_the_daemon_runs_with_a_read_only_root_and_no_rights(tmp_path: Path) -> None:
    config, temporary, program = tmp_path / "config", tmp_path / "tmp", tmp_path / "program"
    config.mkdir()
    temporary.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m mesharr "$@"\n')
    program.chmod(0o755)
    port = free_port()
    table = read_mountinfo()
    points = {mount_of(os.path.realpath(path), table).point for path in ("/", REPOSITORY, tmp_path)}
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(config),
        "TMPDIR": str(temporary),
        "PYTHONPATH": str(REPOSITORY),
        "PYTHONDONTWRITEBYTECODE": "1",
        "PUID": "0",  # it stays root here, who has no rights left: another user could not read this Python
        "PGID": "0",
        "MESHARR_CONFIG_DIR": str(config),
        "MESHARR_PROGRAM": str(program),
        "MESHARR__STORE__PATH": str(config / "shared"),
        "MESHARR__SERVER__LISTEN": f"127.0.0.1:{port}",
        "POINTS": " ".join(sorted(points)),
        "REPOSITORY": str(REPOSITORY),
        "ENTRY": str(ENTRY),
    }
    command = ["env", "-i", *(f"{name}={value}" for name, value in environ.items())]
    command += ["unshare", "--mount", "--propagation", "private", "sh", "-c", READ_ONLY, "entry"]

    made = subprocess.run(
        [*command, "init", "--node", "ci", "--new-mesh", "home"], capture_output=True, text=True, check=False
    )
    is_forbidden = made.returncode == NO_NAMESPACE or "unshare failed" in made.stderr
    if is_forbidden and not os.environ.get("CI"):
        pytest.skip("a mount namespace with a read-only root cannot be made here")
    assert made.returncode == 0, made.stderr
    log = tmp_path / "log"
    with running([*command, "run"], log) as daemon:

        def healthy() -> bool:
            assert daemon.poll() is None, log.read_text()
            try:
                return ask("GET", f"http://127.0.0.1:{port}/ping", timeout=5).is_success
            except httpx.HTTPError:
                return False

        until(healthy, "/ping of the image's health check answers")
        asked = subprocess.run([*command, "status"], capture_output=True, text=True, check=False)
        assert "ci" in asked.stdout, asked.stderr
    assert "Traceback" not in log.read_text()
    assert {"node.key", "mesharr.db", "logs"} <= {path.name for path in config.iterdir()}
