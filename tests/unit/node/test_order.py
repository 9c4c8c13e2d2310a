"""The order of the stages stands in one table, which passes and the daemon's loops read."""

from pathlib import Path

from mesharr.daemon.clock import Clock as Timer
from mesharr.daemon.daemon import Daemon, Schedule
from mesharr.node.passes.order import STAGES, stages_of_loop, stages_of_pass
from tests.support.household import Clock, Household, make_drive


def test_each_stage_stands_there_once_and_in_a_loop_of_the_daemon(tmp_path: Path) -> None:
    make_drive(tmp_path / "drive")
    notify = [{"url": "json://there"}]
    house = Household("alice", tmp_path, tmp_path / "drive", Clock(), notify=notify)
    schedule = Schedule(poll_s=60, audit_s=60, reconcile="0 4 * * *")
    daemon = Daemon(house.engine, schedule, Timer())
    names = [row.name for row in STAGES]
    assert len(set(names)) == len(names)
    loops = {"scan" if name.startswith("scan ") else name for name in daemon._loops}
    assert {row.loop for row in STAGES} == loops


def test_what_happened_here_is_published_before_the_apps_are_changed() -> None:
    for compare in (True, False):
        names = [row.name for row in stages_of_pass(compare=compare, sync=True)]
        assert names.index("follow") < names.index("intake") < names.index("publish")
        assert names.index("publish") < names.index("reconcile") < names.index("scan")
        assert ("compare" in names) == compare
    assert [row.name for row in stages_of_loop("mesh")] == ["audit", "follow", "last look", "publish"]
