"""A node opened for the doctor."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from mesharr.bootstrap.engine import Runtime, open_apps, open_libraries, open_rclone, open_scanners
from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.store import hears_peers
from mesharr.cli import open_node
from mesharr.cli.connect_arrs import hook_url, in_container, open_connections
from mesharr.cli.context import Session
from mesharr.disk.mounts import read_mountinfo
from mesharr.doctor.house import House
from mesharr.node.model import Me
from mesharr.node.status.report import report
from mesharr.state.peers import read_peers


@contextmanager
def opened_house(session: Session) -> Iterator[House]:
    """Open the node of a session; nothing of it is changed."""
    config = open_node.load(session)
    node = open_node.node_of(session, config)
    state, disk = open_node.open_state(session.config_dir), open_disk(10.0)
    with closing(state.db), closing(disk):
        known = state.notes.get("mesh")
        mesh, seen = open_node.look(config, known, state.notes.get("store:ground"))
        mesh_id = known or (mesh.id if mesh else "")
        runtime = Runtime(config_dir=session.config_dir, config=config, state=state, disk=disk)
        scanners = open_scanners(runtime)
        yield House(
            config=config,
            state=state,
            disk=disk,
            report=report(state, Me(node, config.node, mesh_id), read_peers(session.config_dir), seen),
            libraries=open_libraries(runtime, mesh_id, {}),
            apps=open_apps(runtime),
            scanners={name: scanner for name, (_, scanner) in scanners.items()},
            lacking=lambda name: open_connections(config, name).missing_triggers(hook_url(config, name)),
            hears=lambda: hears_peers(config, disk),
            remotes=lambda: open_rclone(config).remotes(),
            mountinfo=read_mountinfo(),
            in_container=in_container(),
        )
