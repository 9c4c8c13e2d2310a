"""rclone as an uploader: against scripts that say what rclone says, and against rclone itself."""

import os
import stat
import sys
import textwrap
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mesharr.core.errors import Refused, Unavailable
from mesharr.disk.rclone_rc import rc_client
from mesharr.uploads.base import FileRefused, Occupied, Progress, Quota, Uploaded, UploadedBatch
from mesharr.uploads.rclone import OwnServer, Rclone, RcloneControl, RcloneSettings
from tests.support.mounts import Served, _obscured, need_mounts, rclone_binary, serve, until
from tests.support.proxy import proxy

NOT_THERE = (3, "", '{"level":"error","msg":"directory not found"}')
NOTHING = '{"Hashes":[],"Features":{}}'
STATS = '{"level":"notice","msg":"x","stats":{"bytes":%d,"totalBytes":%d,"speed":%s,"transfers":%d}}'


class FakeRclone:
    """A program that answers `copyto`, `lsjson`, `backend features` and `hashsum` as the test sets."""

    def __init__(self, folder: Path) -> None:
        self.program = folder / "rclone"
        self.calls = folder / "calls"
        self.answers: dict[str, tuple[int, str, str]] = {
            "copyto": (0, "", STATS % (4, 4, "1e3", 1)),
            "lsjson": (0, '{"Size":4,"IsDir":false,"Hashes":{"md5":"aa"}}', ""),
            "backend": (0, '{"Hashes":["md5"],"Features":{"SlowHash":false}}', ""),
            "hashsum": (0, "aa  a.mkv\n", ""),
        }
        (folder / "a.mkv").write_bytes(b"film")
        self.source = str(folder / "a.mkv")

    def upload(
        self, *, flags: tuple[str, ...] = (), then: str = "", replaces: bool = False
    ) -> tuple[object, list[Progress]]:
        seen: list[Progress] = []
        uploader, target = self.uploader(flags, then), "gdrive:Movies/A/a.mkv"
        return uploader.upload(self.source, target, seen.append, replaces=replaces), seen

    def uploader(self, flags: tuple[str, ...] = (), then: str = "") -> Rclone:
        script = f"""\
            #!{sys.executable}
            import sys, time, os
            answers = {self.answers!r}
            open({str(self.calls)!r}, "a").write(" ".join(sys.argv[1:]) + "\\n")
            code, out, err = answers[sys.argv[1]]
            {then}
            sys.stdout.write(out); sys.stderr.write(err)
            sys.exit(code)
            """
        self.program.write_text(textwrap.dedent(script))
        self.program.chmod(self.program.stat().st_mode | stat.S_IXUSR)
        return Rclone(RcloneSettings(str(self.program), "/c/rclone.conf", "20M", flags))

    @property
    def commands(self) -> list[str]:
        return [line.split()[0] for line in self.calls.read_text().splitlines()]


TWINS = '{"Hashes":["md5"],"Features":{"SlowHash":false,"DuplicateFiles":true}}'
ENTRY = '{"Path":"a.mkv","Name":"a.mkv","Size":%d,"IsDir":false,"ID":"%s","Hashes":{"md5":"%s"}}'


def twins(*files: tuple[int, str]) -> tuple[int, str, str]:
    """Return what `lsjson` prints of files of one name, each with its size and hash."""
    return 0, f"[{','.join(ENTRY % (size, n, md5) for n, (size, md5) in enumerate(files))}]", ""


@pytest.fixture
def fake(tmp_path: Path) -> FakeRclone:
    return FakeRclone(tmp_path)


def test_a_twin_is_seen_by_the_one_look_after_the_upload(fake: FakeRclone) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins((9000, "bb"), (4, "aa"))}
    with pytest.raises(Occupied) as found:
        fake.upload()
    assert (found.value.size, found.value.is_twin) == (9000, True)
    assert fake.commands == ["copyto", "backend", "lsjson"]  # no more than on any other remote
    look = fake.calls.read_text().splitlines()[-1]
    assert look.endswith("--files-only --hash --hash-type md5 --include /a.mkv -- gdrive:Movies/A")


def test_what_was_sent_and_is_not_listed_yet_is_a_twin_of_what_is(fake: FakeRclone) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins((9000, "bb"))}
    with pytest.raises(Occupied) as found:
        fake.upload()
    assert found.value.is_twin


def test_an_upgrade_that_is_listed_with_the_old_size_still_is_no_twin(fake: FakeRclone) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins((9000, "bb"))}
    with pytest.raises(Unavailable, match=r"lists 9\.0 kB after an upload of 4 B") as found:
        fake.upload(replaces=True)
    assert not isinstance(found.value, Occupied)


def test_further_files_of_the_same_content_are_counted(fake: FakeRclone) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins((4, "aa"), (4, "aa"), (4, "aa"))}
    uploaded, _ = fake.upload()
    assert isinstance(uploaded, Uploaded)
    assert (uploaded.size, uploaded.further) == (4, 2)


def test_a_file_of_another_content_and_the_same_size_is_a_twin(fake: FakeRclone) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins((4, "aa"), (4, "bb"))}
    with pytest.raises(Occupied) as found:
        fake.upload()
    assert found.value.is_twin


def test_what_was_there_before_is_no_twin_of_a_file_that_was_not_sent(fake: FakeRclone) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins((9000, "bb")), "copyto": (9, "", "")}
    with pytest.raises(Occupied) as found:
        fake.upload()
    assert not found.value.is_twin


@pytest.mark.parametrize(
    ("files", "taken"),
    [
        ([(9000, "bb"), (4, "aa")], True),
        ([(4, "aa"), (4, "bb")], False),  # either might be the other household's
        ([(4, "aa")], False),
        ([(9000, "bb")], False),
        ([], False),
    ],
)
def test_of_two_twins_the_one_of_a_size_is_deleted(
    fake: FakeRclone, files: list[tuple[int, str]], taken: bool
) -> None:
    fake.answers |= {"backend": (0, TWINS, ""), "lsjson": twins(*files), "delete": (0, "", "")}
    assert fake.uploader().take_back("gdrive:Movies/A/a [x].mkv", 4) == taken
    assert fake.commands == ["backend", "lsjson", *(["delete"] if taken else [])]
    if taken:
        last = fake.calls.read_text().splitlines()[-1]
        only = r"--max-depth 1 --include /a \[x\].mkv --min-size 4B --max-size 4B -- gdrive:Movies/A"
        assert last.endswith(only)


def test_small_files_with_twins_are_left_to_the_upload_of_one_file(fake: FakeRclone, tmp_path: Path) -> None:
    (tmp_path / "b.mkv").write_bytes(b"film")
    sent = '{"level":"info","msg":"Copied (new)","object":"%s","objectType":"*local.Object"}'
    listed = ",".join(ENTRY.replace("a.mkv", name) % (size, name, "aa") for name, size in BATCH)
    fake.answers |= {
        "backend": (0, TWINS, ""),
        "copy": (0, "", f"{sent % 'a.mkv'}\n{sent % 'b.mkv'}\n"),
        "lsjson": (0, f"[{listed}]", ""),
    }
    files = {"a.mkv": fake.source, "b.mkv": str(tmp_path / "b.mkv")}
    assert list(fake.uploader().upload_new("gdrive:Movies", files).sent) == ["b.mkv"]


BATCH = (("a.mkv", 4), ("b.mkv", 4), ("a.mkv", 9000))


def test_an_upload_is_copied_and_checked_on_the_remote(fake: FakeRclone) -> None:
    shown, seen = fake.upload(flags=("--drive-chunk-size", "64M"))
    assert shown == Uploaded(4, "aa", sent=True)
    assert fake.commands == ["copyto", "backend", "lsjson"]
    assert seen == [Progress(4, 4, 1000), Progress(4, 4, 0)]
    first = fake.calls.read_text().splitlines()[0]
    for flags in ("--config /c/rclone.conf", "--bwlimit 20M", "--drive-chunk-size 64M", "--retries 1"):
        assert flags in first
    assert "--ignore-existing" in first  # what is there is not replaced
    assert first.endswith(" gdrive:Movies/A/a.mkv")


def test_a_remote_that_takes_no_file_of_many_is_said_and_not_asked_what_arrived(fake: FakeRclone) -> None:
    fake.answers["copy"] = (7, "", '{"level":"error","msg":"User rate limit exceeded."}')
    with pytest.raises(Quota, match="rate limit"):
        fake.uploader().upload_new("gdrive:Movies", {"A/a.mkv": fake.source, "B/b.mkv": fake.source})
    assert fake.commands == ["backend", "copy"]


def test_of_many_files_those_that_were_not_sent_are_left_to_a_try_of_their_own(fake: FakeRclone) -> None:
    copied = '{"level":"info","msg":"Copied (new)","object":"a.mkv"}\n{"level":"error","msg":"it broke"}'
    fake.answers["copy"] = (1, "", copied)
    fake.answers["lsjson"] = (0, '[{"Path":"a.mkv","Name":"a.mkv","Size":4,"IsDir":false}]', "")
    many = {"A/a.mkv": fake.source, "A/b.mkv": fake.source, "A/gone.mkv": f"{fake.source}.gone"}
    assert fake.uploader().upload_new("gdrive:Movies", many) == UploadedBatch({"A/a.mkv": Uploaded(4)})
    lines = fake.calls.read_text().splitlines()
    assert "--ignore-existing" in lines[1]
    assert lines[1].endswith(" gdrive:Movies/A")
    assert "--include /a.mkv" in lines[2]


def test_an_rclone_that_is_killed_among_many_files_is_told_with_what_arrived(fake: FakeRclone) -> None:
    fake.answers["copy"] = (0, "", '{"level":"info","msg":"Copied (new)","object":"a.mkv"}\n')
    fake.answers["lsjson"] = (0, '[{"Path":"a.mkv","Name":"a.mkv","Size":4,"IsDir":false}]', "")
    killed = "if sys.argv[1] == 'copy': sys.stderr.write(err); sys.stderr.flush(); os.kill(os.getpid(), 9)"
    many = {"A/a.mkv": fake.source, "A/b.mkv": fake.source}
    batch = fake.uploader(then=killed).upload_new("gdrive:Movies", many)
    assert batch == UploadedBatch({"A/a.mkv": Uploaded(4)}, was_killed=True)


def test_a_file_of_many_that_another_uploader_took_away_meanwhile_is_sent_again_from_its_handle(
    fake: FakeRclone,
) -> None:
    fake.answers["copy"] = (1, "", '{"level":"error","msg":"it broke, and what it left was deleted"}')
    taken = f"if sys.argv[1] == 'copy': os.unlink({fake.source!r})"
    uploader = fake.uploader(then=taken)
    assert uploader.upload_new("gdrive:Movies", {"A/a.mkv": fake.source}).sent["A/a.mkv"].sent
    assert fake.commands[:3] == ["backend", "copy", "copyto"]


def test_a_file_that_was_there_is_compared_by_hash(fake: FakeRclone) -> None:
    fake.answers["copyto"] = (0, "", STATS % (0, 0, "0", 0))
    shown, _ = fake.upload()
    assert shown == Uploaded(4, "aa", sent=False)
    assert fake.commands == ["copyto", "backend", "lsjson", "hashsum"]


def test_an_upload_that_replaces_sends_what_has_another_size_or_content(fake: FakeRclone) -> None:
    fake.answers["copyto"] = (9, "", STATS % (0, 0, "0", 0))
    fake.answers["hashsum"] = (0, "bb  a.mkv\n", "")
    fake.upload(replaces=True)
    assert "--size-only" in fake.calls.read_text().splitlines()[0]
    assert fake.commands == ["copyto", "backend", "lsjson", "hashsum", "copyto", "lsjson"]
    assert "--ignore-times" in fake.calls.read_text().splitlines()[4]


@pytest.mark.parametrize(
    ("size", "digest"), [(7, "aa"), (3, "aa"), (4, "bb")], ids=["larger", "smaller", "other"]
)
def test_another_file_at_the_target_stays_and_its_size_is_told(
    fake: FakeRclone, size: int, digest: str
) -> None:
    fake.answers["copyto"] = (9, "", STATS % (0, 0, "0", 0))
    fake.answers["lsjson"] = (0, f'{{"Size":{size},"IsDir":false,"Hashes":{{"md5":"aa"}}}}', "")
    fake.answers["hashsum"] = (0, f"{digest}  a.mkv\n", "")
    with pytest.raises(Occupied) as found:
        fake.upload()
    assert found.value.size == size
    assert fake.commands.count("copyto") == 1


def test_a_remote_without_hashes_is_asked_for_no_hash(fake: FakeRclone) -> None:
    fake.answers["backend"] = (0, NOTHING, "")
    fake.answers["lsjson"] = (0, '{"Size":4,"IsDir":false}', "")
    shown, _ = fake.upload()
    assert shown == Uploaded(4, "", sent=True)
    assert "--hash" not in fake.calls.read_text()


@pytest.mark.parametrize(
    ("printed", "why"),
    [
        ('{"Size":3,"IsDir":false}', "lists 3 B after an upload of 4 B"),
        ('{"Size":-1,"IsDir":true}', "does not list the file"),
        ("", "something else"),
    ],
)
def test_a_remote_that_lists_something_else_is_unavailable(fake: FakeRclone, printed: str, why: str) -> None:
    fake.answers["lsjson"] = (0, printed, "")
    with pytest.raises(Unavailable, match=why):
        fake.upload()


@pytest.mark.parametrize(
    ("code", "log", "kind", "why"),
    [
        (1, '{"level":"error","msg":"it broke"}', Unavailable, r"rclone failed \(1\): it broke"),
        (2, "Error: unknown flag: --nope\nUsage:", Refused, "unknown flag: --nope"),
        (3, '{"level":"error","msg":"directory not found"}', Unavailable, "directory not found"),
        (5, '{"level":"error","msg":"connection reset"}', Unavailable, "connection reset"),
        (
            6,
            '{"level":"error","msg":"source file is being updated (size changed)"}',
            Unavailable,
            "changed while uploading",
        ),
        (7, '{"level":"error","msg":"User rate limit exceeded."}', Quota, "rate limit"),
        (8, '{"level":"error","msg":"max transfer limit reached"}', Quota, "max transfer"),
        (
            1,
            '{"level":"error","msg":"Error 403: User rate limit exceeded., userRateLimitExceeded"}',
            Quota,
            "rate limit",
        ),
        (5, '{"level":"error","msg":"HTTP error 429 (429 Too Many Requests)"}', Quota, "429"),
        (
            1,
            '{"level":"critical","msg":"couldn\'t fetch token: invalid_grant: maybe token expired?"}',
            Refused,
            "rclone config reconnect gdrive:",
        ),
        (
            7,
            '{"level":"error","msg":"Error 403: teamDriveFileLimitExceeded"}',
            Refused,
            "as many files as it may",
        ),
        (
            7,
            '{"level":"error","msg":"Error 403: The user\'s Drive storage quota, storageQuotaExceeded"}',
            Refused,
            "make room",
        ),
        (1, '{"level":"error","msg":"sftp: write failed: no space left on device"}', Refused, "make room"),
        (1, '{"level":"error","msg":"Insufficient Storage: 507 Insufficient Storage"}', Refused, "make room"),
        (1, '{"level":"error","msg":"path/insufficient_space/"}', Refused, "make room"),
        (
            1,
            '{"level":"error","msg":"googleapi: Error 403: insufficientFilePermissions"}',
            Refused,
            "the account of the remote gdrive: write",
        ),
        (1, '{"level":"error","msg":"AccessDenied: Access Denied status code: 403"}', Refused, "write there"),
        (1, '{"level":"error","msg":"Forbidden: 403 Forbidden"}', Refused, "write there"),
        (1, '{"level":"error","msg":"sftp: permission denied"}', Refused, "write there"),
        (1, '{"level":"error","msg":"Unauthorized: 401 Unauthorized"}', Refused, "user and password"),
        (1, '{"level":"error","msg":"open x: file name too long"}', FileRefused, "shorter name"),
        (1, '{"level":"error","msg":"path/malformed_path/..."}', FileRefused, "shorter name"),
        (
            1,
            '{"level":"error","msg":"EntityTooLarge: Your proposed upload exceeds"}',
            FileRefused,
            "no such file",
        ),
        (10, "", Unavailable, "exit code 10"),
        (143, "", Unavailable, "stopped"),
        (
            1,
            '{"level":"critical","msg":"didn\'t find section in config file (\\"nope\\")"}',
            Refused,
            "name the remote in rclone.conf",
        ),
        (
            1,
            '{"level":"critical","msg":"Failed to load config file: unable to decrypt configuration"}',
            Refused,
            "RCLONE_CONFIG_PASS",
        ),
    ],
)
def test_every_exit_code_has_its_meaning(
    fake: FakeRclone, code: int, log: str, kind: type[Exception], why: str
) -> None:
    fake.answers["copyto"] = (code, "", log)
    fake.answers["lsjson"] = NOT_THERE
    with pytest.raises(kind, match=why):
        fake.upload()


def test_secrets_in_the_log_do_not_reach_the_message(fake: FakeRclone) -> None:
    text = (
        "Get http://me:hidden1@host/x: token=hidden2 refused, Authorization: Bearer hidden3, "
        "{'access_token':'hidden4'} :s3,secret_access_key=hidden5,x=y:bucket"
    )
    fake.answers["copyto"] = (1, "", f'{{"level":"error","msg":"{text}"}}')
    fake.answers["lsjson"] = NOT_THERE
    with pytest.raises(Unavailable, match="refused") as caught:
        fake.upload()
    assert "hidden" not in str(caught.value)


def test_flags_are_in_no_representation() -> None:
    assert "hidden" not in repr(RcloneSettings(flags=("--webdav-pass", "hidden")))


def test_a_source_that_vanishes_or_changes_meanwhile_is_reported(fake: FakeRclone) -> None:
    with pytest.raises(Unavailable, match="changed while uploading"):
        fake.upload(then=f"open({fake.source!r}, 'ab').write(b'') or os.utime({fake.source!r}, (1, 1))")
    fake.answers["copyto"] = (3, "", '{"level":"error","msg":"directory not found"}')
    fake.answers["lsjson"] = NOT_THERE
    fake.calls.unlink()
    with pytest.raises(Unavailable, match="source is gone"):
        fake.upload(then=f"os.path.exists({fake.source!r}) and os.unlink({fake.source!r})")
    assert fake.commands == ["copyto", "backend", "lsjson", "copyto"]  # once more, from its open handle
    with pytest.raises(Unavailable, match="source is gone"):
        fake.upload()


def test_a_folder_is_not_uploaded_and_a_link_by_its_target(fake: FakeRclone, tmp_path: Path) -> None:
    with pytest.raises(FileRefused, match="not a plain file"):
        Rclone(RcloneSettings()).upload(str(tmp_path), "gdrive:x", lambda _: None)
    (tmp_path / "link").symlink_to(fake.source)
    fake.source = str(tmp_path / "link")
    assert fake.upload()[0] == Uploaded(4, "aa")


def test_after_a_failure_the_target_is_looked_at_again(fake: FakeRclone) -> None:
    fake.answers["copyto"] = (1, "", '{"level":"error","msg":"corrupted on transfer"}')
    assert fake.upload()[0] == Uploaded(4, "aa", sent=False)  # another program brought it there
    assert fake.commands == ["copyto", "backend", "lsjson", "lsjson", "hashsum"]
    for listed in ('{"Size":3,"IsDir":false}', '{"Size":-1,"IsDir":true}'):
        fake.answers["lsjson"] = (0, listed, "")
        with pytest.raises(Unavailable, match="corrupted on transfer"):
            fake.upload()


def test_what_is_there_with_its_size_is_sent_only_if_it_is_another_file(fake: FakeRclone) -> None:
    fake.answers["copyto"] = (0, "", STATS % (0, 0, "0", 0))
    fake.answers["backend"] = (0, '{"Hashes":[],"Precision":1000000000}', "")
    written = os.stat(fake.source).st_mtime
    for remote, sends in ((written, 1), (written + 3600, 1), (written - 3600, 2)):
        stamp = datetime.fromtimestamp(remote, UTC).isoformat().replace("+00:00", "Z")
        fake.answers["lsjson"] = (0, f'{{"Size":4,"IsDir":false,"ModTime":"{stamp}"}}', "")
        fake.calls.unlink(missing_ok=True)
        fake.upload(replaces=True)
        assert fake.commands.count("copyto") == sends
    fake.answers["backend"] = (0, '{"Hashes":[],"Precision":3153600000000000000}', "")
    fake.calls.unlink()
    fake.upload(replaces=True)
    assert fake.commands.count("copyto") == 1  # a remote that keeps no times


def test_an_rclone_that_is_not_there_is_refused(fake: FakeRclone) -> None:
    with pytest.raises(Refused, match="install rclone"):
        Rclone(RcloneSettings("/nowhere/rclone")).upload(fake.source, "gdrive:x", lambda _: None)


def test_a_report_that_fails_leaves_no_process_behind(fake: FakeRclone, tmp_path: Path) -> None:
    fake.upload(then=f"open({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))")

    def fails(_progress: Progress) -> None:
        raise KeyError("not expected")

    with pytest.raises(KeyError):
        Rclone(RcloneSettings(str(fake.program))).upload(fake.source, "gdrive:x", fails)
    assert not Path(f"/proc/{(tmp_path / 'pid').read_text()}").exists()


@pytest.fixture
def cloud(tmp_path: Path) -> Path:
    need_mounts()
    return tmp_path


def real(served: Served, *flags: str) -> Rclone:
    return Rclone(RcloneSettings(rclone_binary(), str(served.config), flags=flags))


@pytest.mark.mount
@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_a_file_reaches_a_real_remote_and_is_not_sent_twice(kind: str, cloud: Path) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(3_000_000))
    with serve(kind, cloud / "store") as served:
        slash = "" if served.remote.endswith(":") else "/"
        target = f"{served.remote}{slash}Movies/A [x] (2020)/a.mkv"
        seen: list[Progress] = []
        shown = real(served).upload(str(source), target, seen.append)
        stored = served.folder / "Movies/A [x] (2020)/a.mkv"
        assert stored.read_bytes() == source.read_bytes()
        assert shown.size == 3_000_000
        assert bool(shown.hash) == (kind == "s3")
        assert seen[-1] == Progress(3_000_000, 3_000_000, 0)
        inode, written = stored.stat().st_ino, stored.stat().st_mtime_ns
        again: list[Progress] = []
        assert real(served).upload(str(source), target, again.append).size == 3_000_000
        assert (stored.stat().st_ino, stored.stat().st_mtime_ns) == (inode, written)
        assert again == [Progress(3_000_000, 3_000_000, 0)]
        source.write_bytes(os.urandom(2_000_000))
        with pytest.raises(Occupied):
            real(served).upload(str(source), target, again.append)
        assert stored.stat().st_size == 3_000_000
        assert real(served).upload(str(source), target, again.append, replaces=True).sent
        assert stored.read_bytes() == source.read_bytes()
    assert source.exists()


@pytest.mark.mount
def test_progress_grows_while_a_real_upload_runs(cloud: Path) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(3_000_000))
    with serve("webdav", cloud / "store") as served:
        seen: list[Progress] = []
        settings = RcloneSettings(rclone_binary(), str(served.config), "1M")
        Rclone(settings).upload(str(source), "cloud:a.mkv", seen.append)
    assert len({step.done for step in seen}) >= 2
    assert [step.done for step in seen] == sorted(step.done for step in seen)
    assert {step.total for step in seen} == {3_000_000}


@pytest.mark.mount
def test_real_failures_have_their_meaning(cloud: Path) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(b"film")
    with serve("webdav", cloud / "store") as served:
        with pytest.raises(Refused, match="name the remote"):
            real(served).upload(str(source), "nope:a.mkv", lambda _: None)
        with pytest.raises(Refused, match="unknown flag"):
            real(served, "--no-such-flag").upload(str(source), "cloud:a.mkv", lambda _: None)
        served.process.kill()
        served.process.wait()
        with pytest.raises(Unavailable, match="connection refused"):
            real(served, "--low-level-retries", "1").upload(str(source), "cloud:a.mkv", lambda _: None)


@pytest.mark.campaign
@pytest.mark.mount
def test_what_a_real_remote_answers_has_its_meaning_and_leaves_nothing(cloud: Path) -> None:
    source, target = cloud / "a.mkv", "cloud:Movies/a.mkv"
    source.write_bytes(b"film")
    with serve("webdav", cloud / "store") as served:
        direct = served.config.read_text()
        rclone = real(served, "--low-level-retries", "1")
        for status, kind in (403, Refused), (429, Quota), (500, Unavailable), (507, Refused):
            with proxy(served.port) as front:
                served.config.write_text(direct.replace(str(served.port), str(front.port)))
                front.fail(status, 1000)
                with pytest.raises(kind, match=str(status)) as failed:
                    rclone.upload(str(source), target, lambda _: None)
                assert type(failed.value) is kind
            assert list(served.folder.iterdir()) == []
            assert source.read_bytes() == b"film"
        served.config.write_text(direct)
        assert rclone.upload(str(source), target, lambda _: None).sent


@pytest.mark.mount
def test_a_real_upload_that_is_stopped_ends_and_leaves_the_source(cloud: Path) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(5_000_000))
    with serve("webdav", cloud / "store") as served:
        uploader = Rclone(RcloneSettings(rclone_binary(), str(served.config), "100k"))
        started, ended = threading.Event(), list[str]()

        def uploads() -> None:
            try:
                uploader.upload(str(source), "cloud:a.mkv", lambda _: started.set())
            except Unavailable as error:
                ended.append(str(error))

        thread = threading.Thread(target=uploads)
        thread.start()
        until(started.is_set, "the upload reports progress")
        uploader.stop()
        thread.join(20)
        assert ended
        assert "stopped" in ended[0]
        small = cloud / "small.mkv"
        small.write_bytes(b"film")
        assert uploader.upload(str(small), "cloud:small.mkv", lambda _: None).size == 4
    assert source.stat().st_size == 5_000_000


@pytest.mark.mount
@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_a_file_that_another_program_takes_away_meanwhile_reaches_a_real_remote(
    kind: str, cloud: Path
) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(3_000_000))
    content = source.read_bytes()
    with serve(kind, cloud / "store") as served:
        settings = RcloneSettings(rclone_binary(), str(served.config), "2M")
        target = f"{served.remote}{'' if served.remote.endswith(':') else '/'}a.mkv"

        def take_away(_progress: Progress) -> None:
            source.unlink(missing_ok=True)

        shown = Rclone(settings).upload(str(source), target, take_away)
        assert shown.size == len(content)
        assert (served.folder / "a.mkv").read_bytes() == content


@pytest.mark.mount
def test_a_name_that_a_real_encrypted_remote_does_not_take_is_refused_with_its_fix(cloud: Path) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(b"film")
    with serve("webdav", cloud / "store") as served:
        with served.config.open("a") as config:
            config.write(f"[secret]\ntype = crypt\nremote = cloud:\npassword = {_obscured()}\n")
        with pytest.raises(FileRefused, match="shorter name"):
            real(served, "--low-level-retries", "1").upload(
                str(source), f"secret:{'x' * 200}.mkv", lambda _: None
            )


@pytest.mark.mount
@pytest.mark.parametrize("kind", ["webdav", "s3", "sftp"])
def test_a_small_file_is_read_from_a_real_remote_or_is_not_there(kind: str, cloud: Path) -> None:
    need_mounts()
    with serve(kind, cloud / "store") as served:
        served.put("Movies/.mesharr-anchor", b"anchor")
        slash = "" if served.remote.endswith(":") else "/"
        rclone, root = real(served), f"{served.remote}{slash}"
        assert rclone.read(f"{root}Movies/.mesharr-anchor", 100) == b"anchor"
        assert rclone.read(f"{root}Movies/.mesharr-anchor", 3) == b"anc"
        assert rclone.read(f"{root}Movies/none", 100) is None
        assert rclone.read(f"{root}None/.mesharr-anchor", 100) is None
    with pytest.raises(Refused, match="section"):
        rclone.read("nowhere:Movies/.mesharr-anchor", 100)


# -- what a killed rclone leaves


def _kill_midway(uploader: Rclone, source: Path, target: str, store: Path) -> None:
    """Upload slowly, and kill rclone with SIGKILL once half a file is there."""
    with ThreadPoolExecutor(1) as pool:
        upload = pool.submit(uploader.upload, str(source), target, lambda _: None)
        until(lambda: any(path.is_file() for path in store.rglob("*")), "half a file is on the remote")
        programs = uploader._programs
        with programs._lock:  # rclone may write before the thread that started it goes on to note it
            running = tuple(programs._running)
        for child in running:
            child.kill()
        failed = upload.exception()
    assert isinstance(failed, Unavailable), failed
    assert any(path.is_file() for path in store.rglob("*")), "nobody cleaned up"


def _partials(store: Path) -> list[str]:
    return sorted(path.name for path in store.rglob("*.partial"))


NAMES = ("A [x] {1}? *.mkv", "Ä" * 70 + ".mkv")


@pytest.mark.campaign
@pytest.mark.mount
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["sftp", "local"])
def test_half_a_file_of_a_killed_rclone_is_swept_and_nothing_else(kind: str, name: str, cloud: Path) -> None:
    source = cloud / "source.mkv"
    source.write_bytes(os.urandom(3_000_000))
    with serve("sftp", cloud / "store") as served:
        with served.config.open("a") as config:
            config.write(f"[local]\ntype = alias\nremote = {served.folder}\n")
        remote = "cloud:" if kind == "sftp" else "local:"
        slow = Rclone(RcloneSettings(rclone_binary(), str(served.config), "200k", node="alice"))
        target = f"{remote}Movies/{name}"
        _kill_midway(slow, source, target, served.folder)
        (own,) = _partials(served.folder)
        folder = served.folder / "Movies"
        others = [folder / f"{name[:40]}.0badf00d.partial", folder / "Another.mkv", folder / f"x{own}"[:200]]
        bobs = folder / own.replace(own[-16:], ".m000000.partial")
        for path in (*others, bobs):
            path.write_bytes(b"of somebody else")
        slow.sweep(target)
        slow.sweep(f"{remote}Nowhere/a.mkv")
        assert sorted(path.name for path in folder.iterdir()) == sorted(p.name for p in (*others, bobs))


@pytest.mark.campaign
@pytest.mark.mount
def test_half_a_file_under_its_own_name_is_told_from_another_households(cloud: Path) -> None:
    source, target = cloud / "source.mkv", "cloud:Movies/A [x].mkv"
    source.write_bytes(os.urandom(3_000_000))
    with serve("webdav", cloud / "store") as served:  # a drive without partial names
        config = str(served.config)
        _kill_midway(Rclone(RcloneSettings(rclone_binary(), config, "200k")), source, target, served.folder)
        server = OwnServer([rclone_binary(), "--config", config], rc_client)
        uploaders = [Rclone(RcloneSettings(rclone_binary(), config)), RcloneControl(server)]
        there = served.folder / "Movies" / "A [x].mkv"
        half = source.read_bytes()[:200_000]
        assert half.startswith(there.read_bytes())
        for uploader in uploaders:
            for content, is_half in (
                (half, True),
                (b"", True),
                (half[:-1] + bytes([half[-1] ^ 1]), False),
                (bytes([half[0] ^ 1]) + half[1:], False),
                (source.read_bytes() + b"1", False),
            ):
                there.write_bytes(content)
                assert uploader.is_half(target, len(content), str(source)) is is_half
            there.write_bytes(half)
            with pytest.raises(Occupied):
                uploader.upload(str(source), target, lambda _: None)
            assert uploader.upload(str(source), target, lambda _: None, replaces=True).sent
            assert there.read_bytes() == source.read_bytes()
        server.stop()


@pytest.mark.mount
@pytest.mark.parametrize("kind", ["webdav", "s3"])
def test_a_source_that_changes_with_its_size_and_times_kept_is_found_where_the_remote_has_hashes(
    kind: str, cloud: Path
) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(b"1" * 3_000_000)
    times = source.stat()

    def rewrite(_progress: Progress) -> None:
        if source.read_bytes()[:1] == b"1":
            with source.open("r+b") as file:
                file.write(b"2" * 3_000_000)
            os.utime(source, ns=(times.st_atime_ns, times.st_mtime_ns))

    with serve(kind, cloud / "store") as served:
        target = f"{served.remote}{'' if served.remote.endswith(':') else '/'}a.mkv"
        uploader = Rclone(RcloneSettings(rclone_binary(), str(served.config), "2M"))
        if kind == "s3":
            with pytest.raises(Unavailable, match="changed while uploading"):
                uploader.upload(str(source), target, rewrite)
            assert uploader.upload(str(source), target, rewrite, replaces=True).sent
            assert (served.folder / "a.mkv").read_bytes() == source.read_bytes()
        else:
            uploader.upload(str(source), target, rewrite)


@pytest.mark.mount
def test_a_source_whose_rights_change_meanwhile_is_uploaded_once(cloud: Path) -> None:
    source = cloud / "a.mkv"
    source.write_bytes(os.urandom(3_000_000))
    with serve("s3", cloud / "store") as served:
        uploader = Rclone(RcloneSettings(rclone_binary(), str(served.config), "2M"))
        assert uploader.upload(str(source), "cloud:bucket/a.mkv", lambda _: source.chmod(0o640)).sent
