"""File operations, in this process and in a child that may hang."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mesharr.core.errors import Unavailable
from mesharr.disk.child import Busy, ChildDisk, Disk, Exists, LocalDisk, Missing
from tests.support.mounts import until


@pytest.fixture(params=["child", "local"])
def disk(request: pytest.FixtureRequest) -> Iterator[Disk]:
    chosen: Disk = ChildDisk() if request.param == "child" else LocalDisk()
    yield chosen
    chosen.close()


SLOW_WORKER = """
import pathlib
from mesharr.disk import operations, worker
operations.OPERATIONS["read"] = lambda path, limit: pathlib.Path(path).read_bytes()
worker.main()
"""


@pytest.fixture
def slow(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what starts a child for which a pipe is a file of a slow drive: who reads it waits for a writer.

    `read` itself opens no pipe.
    """
    start = tmp_path_factory.mktemp("slow") / "python"
    start.write_text(f"#!/bin/sh\nexec {sys.executable} -c '{SLOW_WORKER}'\n")
    start.chmod(0o755)
    return str(start)


@pytest.fixture
def impatient(slow: str) -> Iterator[ChildDisk]:
    chosen = ChildDisk(deadline=1.0, python=slow)
    yield chosen
    chosen.close()


def test_a_created_file_is_listed_and_reads_back(disk: Disk, tmp_path: Path) -> None:
    disk.create(f"{tmp_path}/a.jsonl", b"one\n")
    assert disk.listdir(str(tmp_path)) == ["a.jsonl"]
    assert disk.read(f"{tmp_path}/a.jsonl", 100) == b"one\n"


def test_a_file_created_in_one_step_is_whole_and_leaves_no_temporary_name(disk: Disk, tmp_path: Path) -> None:
    disk.create_atomic(f"{tmp_path}/a.jsonl", b"x" * 300_000)
    assert os.listdir(tmp_path) == ["a.jsonl"]
    assert disk.read(f"{tmp_path}/a.jsonl", 400_000) == b"x" * 300_000


@pytest.mark.parametrize("how", ["create", "create_atomic"])
def test_a_name_that_is_taken_is_left_as_it_is(disk: Disk, tmp_path: Path, how: str) -> None:
    (tmp_path / "a").write_bytes(b"first")
    with pytest.raises(Exists):
        getattr(disk, how)(f"{tmp_path}/a", b"second")
    assert (tmp_path / "a").read_bytes() == b"first"
    assert os.listdir(tmp_path) == ["a"]


def test_reading_stops_one_byte_after_the_limit(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"0123456789")
    assert disk.read(f"{tmp_path}/a", 4) == b"01234"
    assert disk.read(f"{tmp_path}/a", 10) == b"0123456789"


def test_a_link_is_not_read(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "secret").write_bytes(b"s")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    with pytest.raises(Unavailable, match="symbolic link"):
        disk.read(f"{tmp_path}/link", 10)


def test_what_is_missing_is_reported_as_missing(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    for path in (f"{tmp_path}/none", f"{tmp_path}/file/below"):
        with pytest.raises(Missing, match=path):
            disk.read(path, 10)
        assert disk.stat(path) is None
    with pytest.raises(Missing):
        disk.listdir(f"{tmp_path}/none")


def test_one_folder_is_made_and_no_parents(disk: Disk, tmp_path: Path) -> None:
    disk.mkdir(f"{tmp_path}/events")
    disk.mkdir(f"{tmp_path}/events")
    assert disk.stat(f"{tmp_path}/events") is not None
    with pytest.raises(Missing):
        disk.mkdir(f"{tmp_path}/a/b")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(Exists):
        disk.mkdir(f"{tmp_path}/file")


def test_removing_a_missing_file_is_fine(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    disk.unlink(f"{tmp_path}/a")
    disk.unlink(f"{tmp_path}/a")
    assert not (tmp_path / "a").exists()


def test_many_sizes_come_in_order_and_folders_have_none(disk: Disk, tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{number}.mkv").write_bytes(b"x" * number)
    paths = [f"{tmp_path}/{number}.mkv" for number in range(600)]
    assert disk.sizes([*paths, f"{tmp_path}/none", str(tmp_path)]) == [*range(600), None, None]


def test_no_call_looks_into_more_folders_than_a_slow_drive_lists_in_time(tmp_path: Path) -> None:
    calls: list[int] = []

    class Calls(LocalDisk):
        def _call(self, operation: str, *arguments: Any) -> Any:
            calls.append(len(arguments[-1]))
            return super()._call(operation, *arguments)

    films = [f"{tmp_path}/Film {number}/film.mkv" for number in range(120)]
    assert Calls().sizes_below(str(tmp_path), films) == [None] * 120
    assert calls == [50, 50, 20]


def test_sizes_below_a_root_do_not_follow_links_out_of_it(disk: Disk, tmp_path: Path) -> None:
    root, outside = tmp_path / "root", tmp_path / "outside"
    (root / "Film").mkdir(parents=True)
    outside.mkdir()
    (root / "Film/a.mkv").write_bytes(b"12")
    (outside / "a.mkv").write_bytes(b"123")
    (root / "Out").symlink_to(outside)
    (root / "Film/b.mkv").symlink_to(outside / "a.mkv")
    (root / "In").symlink_to(root / "Film")
    names = ["Film/a.mkv", "Out/a.mkv", "Film/b.mkv", "In/a.mkv", "None/a.mkv"]
    sizes = disk.sizes_below(str(root), [f"{root}/{name}" for name in names])
    assert sizes == [2, None, None, 2, None]


def test_a_file_is_removed_only_while_it_is_the_same(disk: Disk, tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"film")
    was = disk.stat(str(path))
    assert was is not None
    assert was.size == 4
    path.unlink()
    (tmp_path / "holder").write_bytes(b"")  # takes the freed inode
    path.write_bytes(b"film")
    assert not disk.unlink_same(str(path), was, even_open=False)
    now = disk.stat(str(path))
    assert now is not None
    assert disk.unlink_same(str(path), now, even_open=False)
    assert not disk.unlink_same(str(path), now, even_open=False)


def test_a_file_that_another_program_has_open_is_not_removed_unless_that_is_meant(
    disk: Disk, tmp_path: Path
) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"film")
    was = disk.stat(str(path))
    assert was is not None
    with path.open("rb"):
        with pytest.raises(Busy):
            disk.unlink_same(str(path), was, even_open=False)
        assert path.exists()
        assert disk.unlink_same(str(path), was, even_open=True)


def test_a_file_that_is_opened_while_it_is_removed_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.mkv"
    path.write_bytes(b"film")
    was = LocalDisk().stat(str(path))
    assert was is not None
    stat = os.stat

    def opened(where: str) -> os.stat_result:
        found = stat(where)
        with pytest.raises(
            BlockingIOError
        ):  # another program would wait in here, and this process get a signal
            os.open(where, os.O_RDONLY | os.O_NONBLOCK)
        return found

    with monkeypatch.context() as patched:
        patched.setattr(os, "stat", opened)
        with pytest.raises(Busy):
            LocalDisk().unlink_same(str(path), was, even_open=False)
    assert path.exists()
    assert LocalDisk().unlink_same(str(path), was, even_open=False)


def test_names_that_are_no_text_are_left_out(disk: Disk, tmp_path: Path) -> None:
    with open(os.path.join(os.fsencode(tmp_path), b"bad\xff"), "wb"):
        pass
    (tmp_path / "Amélie.mkv").write_bytes(b"")
    assert disk.listdir(str(tmp_path)) == ["Amélie.mkv"]
    assert [path for path, *_ in disk.files_below(str(tmp_path))] == ["Amélie.mkv"]


def test_names_that_are_no_text_are_listed_by_themselves(disk: Disk, tmp_path: Path) -> None:
    folder = os.path.join(os.fsencode(tmp_path), b"F\xff")
    os.mkdir(folder)
    for name in (b"Amelie.mkv", b"Am\xe9lie.srt", b".\xff"):
        Path(os.fsdecode(os.path.join(folder, name))).write_bytes(b"")
    assert disk.unreadable_below(str(tmp_path)) == ["F\ufffd", "F\ufffd/Am\ufffdlie.srt"]


def test_a_link_is_resolved(disk: Disk, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("/proc")
    assert disk.realpath(f"{tmp_path}/link/self/..") == os.path.realpath("/proc/self/..")


def test_a_call_that_hangs_is_given_up_and_the_next_one_works(impatient: ChildDisk, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "a").write_bytes(b"there")
    with pytest.raises(Unavailable, match="did not answer within 1 s: the mount hangs"):
        impatient.read(f"{tmp_path}/fifo", 10)
    assert impatient.child_pid is None
    assert impatient.read(f"{tmp_path}/a", 10) == b"there"


def test_a_child_that_was_stopped_is_replaced(impatient: ChildDisk, tmp_path: Path) -> None:
    assert impatient.listdir(str(tmp_path)) == []
    stopped = impatient.child_pid
    assert stopped is not None
    os.kill(stopped, signal.SIGSTOP)
    with pytest.raises(Unavailable, match="the mount hangs"):
        impatient.create(f"{tmp_path}/big", b"x" * 1_000_000)  # more than a pipe takes
    assert impatient.listdir(str(tmp_path)) == []
    assert impatient.child_pid != stopped
    until(lambda: not Path(f"/proc/{stopped}").exists(), "the abandoned child is reaped")


def test_a_child_that_was_killed_is_replaced(impatient: ChildDisk, tmp_path: Path) -> None:
    impatient.listdir(str(tmp_path))
    killed = impatient.child_pid
    assert killed is not None
    os.kill(killed, signal.SIGKILL)
    os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)  # with its threads, which may outlive the first one
    assert impatient.listdir(str(tmp_path)) == []
    assert impatient.child_pid != killed


def test_a_child_that_ends_instead_of_answering_is_reported() -> None:
    with pytest.raises(Unavailable, match="the process that reads the disk ended"):
        ChildDisk(python="/bin/true").listdir("/")


def test_threads_share_one_child(tmp_path: Path) -> None:
    for number in range(8):
        (tmp_path / str(number)).write_bytes(str(number).encode() * 50_000)
    disk, wrong = ChildDisk(), list[int]()

    def reads(number: int) -> None:
        for _ in range(20):
            if disk.read(f"{tmp_path}/{number}", 100_000) != str(number).encode() * 50_000:
                wrong.append(number)

    threads = [threading.Thread(target=reads, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    disk.close()
    assert wrong == []


class Reads:
    """Calls of a disk, each in a thread of its own, and how each came out."""

    def __init__(self) -> None:
        self.outcomes: dict[str, object] = {}
        self._threads: list[threading.Thread] = []

    def start(self, disk: ChildDisk, path: Path) -> None:
        def run() -> None:
            try:
                self.outcomes[path.name] = disk.read(str(path), 100)
            except Unavailable as error:
                self.outcomes[path.name] = str(error).replace(str(path), path.name)

        self._threads.append(threading.Thread(target=run))
        self._threads[-1].start()

    def join(self) -> dict[str, object]:
        for thread in self._threads:
            thread.join(20)
        return self.outcomes


def fifos(folder: Path, count: int) -> list[Path]:
    """Make files whose readers wait until somebody writes."""
    paths = [folder / f"fifo-{number}" for number in range(count)]
    for path in paths:
        os.mkfifo(path)
    return paths


def writer_of(path: Path) -> int:
    """Return an open end to write to, once somebody reads the other one."""
    found: list[int] = []

    def opened() -> bool:
        try:
            found.append(os.open(path, os.O_WRONLY | os.O_NONBLOCK))
        except OSError:
            return False
        return True

    until(opened, f"{path.name} is being read")
    return found[0]


def test_eight_calls_are_on_their_way_at_a_time_and_each_is_answered_when_it_is_ready(
    slow: str, tmp_path: Path
) -> None:
    disk, reads, paths = ChildDisk(python=slow), Reads(), fifos(tmp_path, 9)
    for path in paths[:8]:
        reads.start(disk, path)
    writers = {path: writer_of(path) for path in paths[:8]}  # all eight are being read now
    reads.start(disk, paths[8])
    with pytest.raises(OSError, match="No such device or address"):
        os.open(paths[8], os.O_WRONLY | os.O_NONBLOCK)  # the ninth waits for its turn
    last = paths[7]
    os.write(writers[last], b"first")
    os.close(writers[last])
    until(lambda: last.name in reads.outcomes, "the last one asked is answered first")
    writers[paths[8]] = writer_of(paths[8])
    assert set(reads.outcomes) == {last.name}
    for path in [*paths[:7], paths[8]]:
        os.write(writers[path], path.name.encode())
        os.close(writers[path])
    expected = {path.name: path.name.encode() for path in paths} | {last.name: b"first"}
    assert reads.join() == expected
    disk.close()


def test_a_call_is_answered_while_others_wait_for_a_slow_drive(impatient: ChildDisk, tmp_path: Path) -> None:
    reads, paths = Reads(), fifos(tmp_path, 7)
    for path in paths:
        reads.start(impatient, path)
    writers = [writer_of(path) for path in paths]
    assert impatient.listdir(str(tmp_path)) == [path.name for path in paths]
    for writer in writers:
        os.close(writer)
    assert reads.join() == {path.name: b"" for path in paths}


def test_a_hang_costs_the_child_and_one_error_for_each_call_that_waits(slow: str, tmp_path: Path) -> None:
    disk, reads, paths = ChildDisk(deadline=2.0, python=slow), Reads(), fifos(tmp_path, 4)
    for path in paths:
        reads.start(disk, path)
    writers = [writer_of(path) for path in paths]
    hanging = disk.child_pid
    outcomes = reads.join()
    assert len(outcomes) == 4
    assert all("the mount hangs" in str(each) for each in outcomes.values())
    assert any("did not answer within 2 s" in str(each) for each in outcomes.values())
    assert disk.child_pid is None
    assert disk.listdir(str(tmp_path)) == [path.name for path in paths]
    assert disk.child_pid != hanging
    until(lambda: not Path(f"/proc/{hanging}").exists(), "the abandoned child is reaped")
    for writer in writers:
        os.close(writer)
    disk.close()


def test_a_call_that_gets_no_turn_names_what_it_waited_for(slow: str, tmp_path: Path) -> None:
    disk, reads, paths = ChildDisk(deadline=2.0, python=slow), Reads(), fifos(tmp_path, 8)
    for path in paths:
        reads.start(disk, path)
    writers = [writer_of(path) for path in paths]
    disk._deadline = 0.1
    with pytest.raises(Unavailable, match="an earlier call still waits for the mount"):
        disk.listdir(str(tmp_path))
    for writer in writers:
        os.close(writer)
    assert reads.join() == {path.name: b"" for path in paths}
    disk.close()


def test_closing_in_the_midst_of_calls_gives_them_up(slow: str, tmp_path: Path) -> None:
    disk, reads, paths = ChildDisk(python=slow), Reads(), fifos(tmp_path, 2)
    for path in paths:
        reads.start(disk, path)
    writers = [writer_of(path) for path in paths]
    disk.close()
    assert all("the process that reads the disk ended" in str(each) for each in reads.join().values())
    for writer in writers:
        os.close(writer)


def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    program = (
        "import os, signal; from mesharr.disk.child import ChildDisk; d = ChildDisk(); d.listdir('/');"
        "print(d.child_pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False, cwd=_ROOT)
    child = Path(f"/proc/{int(done.stdout)}")
    until(lambda: not child.exists() or " Z " in (child / "stat").read_text(), "the child ended")


def test_closing_ends_the_child_and_a_later_call_starts_another(tmp_path: Path) -> None:
    disk = ChildDisk()
    disk.listdir(str(tmp_path))
    pid = disk.child_pid
    disk.close()
    assert not Path(f"/proc/{pid}").exists()
    assert disk.listdir(str(tmp_path)) == []
    disk.close()


def test_a_failure_of_the_program_itself_is_reported_and_survived(tmp_path: Path) -> None:
    disk = ChildDisk()
    with pytest.raises(Unavailable, match="null byte"):
        disk.listdir("a\0b")
    assert disk.listdir(str(tmp_path)) == []
    disk.close()


def test_a_python_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot start the process"):
        ChildDisk(python=f"{tmp_path}/python").listdir("/")


def loaded_by(program: str) -> set[str]:
    """Return the names of the modules that a program without `site` has, which only sees mesharr."""
    shown = [sys.executable, "-S", "-P", "-c", f"{program}; import sys; print(*sys.modules)"]
    environ = {**os.environ, "PYTHONPATH": str(_ROOT)}
    done = subprocess.run(shown, capture_output=True, check=True, text=True, cwd="/", env=environ)
    return set(done.stdout.split())


def test_the_worker_imports_what_python_has_loaded_anyway() -> None:
    # the last three are built in
    assert loaded_by("import mesharr.disk.worker") - loaded_by("import os, stat") == {
        "mesharr",
        "mesharr.disk",
        "mesharr.disk.operations",
        "mesharr.disk.worker",
        "errno",
        "fcntl",
    }


def test_the_worker_needs_no_installed_package_for_any_operation() -> None:
    assert "mesharr.core.paths" in loaded_by("import mesharr.disk.worker, mesharr.disk.uncached")


def test_the_worker_stays_small(tmp_path: Path) -> None:
    disk = ChildDisk()
    disk.listdir(str(tmp_path))
    status = Path(f"/proc/{disk.child_pid}/status").read_text()
    disk.close()
    resident = next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS"))
    assert resident < 16_000  # kB


_ROOT = Path(__file__).parents[3]
