"""The commands by which a node gets a name, a key, a mesh and peers: run whole, on a real directory."""

import json
import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from mesharr.bootstrap.identity import open_state
from mesharr.cli.actions import config as config_actions
from mesharr.cli.app import run
from mesharr.cli.context import DOWN, Session
from mesharr.doctor.check_result import CheckResult
from mesharr.log.keys import Token, token_text
from mesharr.log.mesh import check_anchor, decode
from mesharr.settings.models import Config

Output = pytest.CaptureFixture[str]

MESH = "0123456789abcdef"


class Household:
    """A config dir beside a drive, and what a command there prints."""

    def __init__(self, folder: Path, name: str, capture: Output) -> None:
        self.drive = folder / "drive"
        self.config = folder / name
        self._name = name
        self._capture = capture
        self.out = self.err = ""

    def write_config(self, more: str = "") -> None:
        (self.drive / "Movies").mkdir(parents=True, exist_ok=True)
        self.config.mkdir(exist_ok=True)
        (self.config / "mesharr.yml").write_text(
            f"node: {self._name}\nstore: {{path: {self.drive}/.mesharr}}\n"
            f"libraries: {{movies: {{path: {self.drive}/Movies}}}}\n{more}"
        )

    def run(self, *words: str, environ: Mapping[str, str] | None = None) -> int:
        code = run(["--config-dir", str(self.config), *words], environ or {})
        self.out, self.err = self._capture.readouterr()
        return code

    def token(self) -> str:
        assert self.run("token") == 0
        return self.out.strip()


@pytest.fixture
def alice(tmp_path: Path, capsys: Output) -> Household:
    return Household(tmp_path, "alice", capsys)


@pytest.fixture
def bob(tmp_path: Path, capsys: Output) -> Household:
    return Household(tmp_path, "bob", capsys)


def test_init_makes_the_config_dir_the_starter_file_and_a_key_nobody_else_reads(alice: Household) -> None:
    assert alice.run("init", "--node", "alice") == 0
    assert "node: alice\n" in (alice.config / "mesharr.yml").read_text()
    assert stat.S_IMODE((alice.config / "node.key").stat().st_mode) == 0o600
    assert (alice.config / "spool").is_dir()


def test_a_second_init_keeps_what_the_first_one_made(alice: Household) -> None:
    alice.run("init", "--node", "alice")
    before = {path.name: path.read_bytes() for path in alice.config.iterdir() if path.is_file()}
    (alice.config / "node.key").touch()
    assert alice.run("init", "--node", "alice") == 0
    assert {path.name: path.read_bytes() for path in alice.config.iterdir() if path.is_file()} == before


def test_init_makes_the_key_that_is_missing_beside_a_config_that_is_there(alice: Household) -> None:
    alice.write_config()
    text = (alice.config / "mesharr.yml").read_text()
    assert alice.run("init") == 0
    assert (alice.config / "node.key").exists()
    assert (alice.config / "mesharr.yml").read_text() == text


def test_init_does_not_rename_a_node_behind_its_persons_back(alice: Household) -> None:
    alice.write_config()
    assert alice.run("init", "--node", "carol") == 2
    assert "names this node alice" in alice.err


@pytest.mark.parametrize("name", ["Alice", "a" * 25, "a b", "-a"])
def test_init_refuses_a_name_that_cannot_name_a_node(alice: Household, name: str) -> None:
    assert alice.run("init", f"--node={name}") == 2
    assert "cannot name a node" in alice.err


def test_a_new_mesh_gets_its_store_and_an_anchor_in_each_library(alice: Household) -> None:
    alice.write_config()
    assert alice.run("init", "--new-mesh", "home") == 0
    found = decode((alice.drive / ".mesharr/mesh.json").read_bytes())
    assert found.name == "home"
    check_anchor((alice.drive / "Movies/.mesharr-anchor").read_bytes(), found.id, "movies")
    assert sorted(os.listdir(alice.drive / ".mesharr")) == ["archive", "events", "mesh.json"]
    assert f"mesharr1:{found.id}:alice:" in alice.out


def test_an_empty_store_directory_is_fine_for_a_new_mesh(alice: Household) -> None:
    alice.write_config()
    (alice.drive / ".mesharr").mkdir()
    assert alice.run("init", "--new-mesh", "home") == 0
    assert (alice.drive / ".mesharr/mesh.json").exists()


def test_a_mesh_is_never_made_over_another(alice: Household) -> None:
    alice.write_config()
    alice.run("init", "--new-mesh", "home")
    before = (alice.drive / ".mesharr/mesh.json").read_bytes()
    assert alice.run("init", "--new-mesh", "home") == 1
    assert alice.err.startswith("mesharr: there is a mesh already in ")
    assert (alice.drive / ".mesharr/mesh.json").read_bytes() == before


def test_a_library_without_its_folder_stops_a_new_mesh_before_anything_is_made(alice: Household) -> None:
    alice.write_config()
    (alice.drive / "Movies").rmdir()
    assert alice.run("init", "--new-mesh", "home") == 1
    assert "libraries.movies: there is no folder" in alice.err
    assert not (alice.drive / ".mesharr").exists()
    assert not (alice.drive / "Movies").exists()


def test_the_anchor_of_another_mesh_stops_a_new_mesh_before_anything_is_made(alice: Household) -> None:
    alice.write_config()
    (alice.drive / "Movies/.mesharr-anchor").write_text("theirs")
    assert alice.run("init", "--new-mesh", "home") == 1
    assert not (alice.drive / ".mesharr").exists()


def test_no_directory_is_made_where_the_drive_is_not_there(alice: Household) -> None:
    alice.write_config()
    (alice.drive / "Movies").rmdir()
    alice.drive.rmdir()
    (alice.config / "mesharr.yml").write_text(f"node: alice\nstore: {{path: {alice.drive}/.mesharr}}\n")
    assert alice.run("init", "--new-mesh", "home") == 1
    assert not alice.drive.exists()


def test_a_library_that_came_later_is_anchored_by_name(alice: Household) -> None:
    alice.write_config()
    alice.run("init", "--new-mesh", "home")
    (alice.drive / "Movies/.mesharr-anchor").unlink()
    assert alice.run("init", "--anchor", "movies") == 0
    assert (alice.drive / "Movies/.mesharr-anchor").exists()
    assert alice.run("init", "--anchor", "movies") == 0
    assert alice.run("init", "--anchor", "films") == 2


@pytest.mark.parametrize(
    "command", [("--anchor", "movies"), ("--new-mesh", "home")], ids=lambda each: each[0]
)
def test_no_anchor_is_made_below_a_mount_that_this_node_had_before(
    alice: Household, command: tuple[str, str]
) -> None:
    alice.write_config()
    assert alice.run("init") == 0
    if command[0] == "--anchor":
        alice.run("init", "--new-mesh", "home")
        (alice.drive / "Movies/.mesharr-anchor").unlink()
    place = os.path.realpath(alice.drive / "Movies")
    state = open_state(str(alice.config))
    with closing(state.db):
        state.libraries.note_mount("movies", f"fuse.rclone {place}")
    before = sorted(alice.drive.rglob("*"))
    assert alice.run("init", *command) == 1
    assert f"nothing is mounted at {place}, where fuse.rclone was" in alice.err
    assert sorted(alice.drive.rglob("*")) == before


def test_no_mesh_is_made_below_a_mount_that_the_store_had_before(alice: Household) -> None:
    alice.write_config()
    assert alice.run("init") == 0
    state = open_state(str(alice.config))
    with closing(state.db):
        state.store.note_storage(f"{alice.drive}/.mesharr\nfuse.rclone {os.path.realpath(alice.drive)}")
    assert alice.run("init", "--new-mesh", "home") == 1
    assert "nothing is mounted at" in alice.err
    assert not (alice.drive / ".mesharr").exists()


def test_keygen_makes_a_key_once(alice: Household) -> None:
    assert alice.run("keygen") == 0
    before = (alice.config / "node.key").read_bytes()
    assert alice.run("keygen") == 1
    assert "key exists" in alice.err
    assert (alice.config / "node.key").read_bytes() == before


def test_a_key_that_others_can_read_is_refused(alice: Household) -> None:
    alice.write_config()
    alice.run("init", "--new-mesh", "home")
    (alice.config / "node.key").chmod(0o644)
    assert alice.run("token") == 2
    assert "can be read by others" in alice.err
    assert alice.run("init") == 2


def test_a_token_needs_a_mesh(alice: Household) -> None:
    alice.write_config()
    alice.run("init")
    assert alice.run("token") == 1
    assert alice.out == ""
    assert alice.err.startswith("mesharr: ")


def test_two_households_trust_each_other_by_their_tokens(alice: Household, bob: Household) -> None:
    for household in (alice, bob):
        household.write_config()
    alice.run("init", "--new-mesh", "home")
    bob.run("init")
    assert alice.run("trust", bob.token()) == 0
    assert bob.run("trust", alice.token()) == 0
    assert bob.run("peers", "--json") == 0
    (peer,) = json.loads(bob.out)["peers"]
    assert peer["name"] == "alice"
    assert peer["node"] == f"alice-{peer['fingerprint'][:8]}"
    assert peer["frozen"] is None
    assert bob.run("peers") == 0
    assert peer["node"] not in bob.out
    bob.run("peers", "--verbose")
    assert peer["node"] in bob.out


def test_trust_twice_changes_nothing(alice: Household, bob: Household) -> None:
    for household in (alice, bob):
        household.write_config()
    alice.run("init", "--new-mesh", "home")
    bob.run("init")
    word = alice.token()
    bob.run("trust", word)
    before = (bob.config / "peers.yml").read_bytes()
    assert bob.run("trust", word) == 0
    assert "trusted already" in bob.out
    assert (bob.config / "peers.yml").read_bytes() == before


def test_untrust_freezes_and_trust_thaws(alice: Household, bob: Household) -> None:
    for household in (alice, bob):
        household.write_config()
    alice.run("init", "--new-mesh", "home")
    bob.run("init")
    word = alice.token()
    bob.run("trust", word)
    for _ in range(2):
        assert bob.run("untrust", "alice") == 0
        bob.run("peers", "--json")
        assert json.loads(bob.out)["peers"][0]["frozen"]
    assert bob.run("trust", word) == 0
    bob.run("peers", "--json")
    assert json.loads(bob.out)["peers"][0]["frozen"] is None


def test_untrust_of_a_node_nobody_knows_is_a_misuse(bob: Household) -> None:
    assert bob.run("untrust", "nobody") == 2
    assert bob.err == "mesharr: no peer is called nobody: known: none\n"


def test_bad_tokens_are_refused_and_change_nothing(alice: Household) -> None:
    alice.write_config()
    alice.run("init", "--new-mesh", "home")
    good = alice.token()
    foreign = token_text(Token(MESH, "bob", bytes(range(32))))
    for word in (good, good[:-1] + "x", good[:30], "hello", foreign):
        assert alice.run("trust", word) == 2, word
        assert alice.err.startswith("mesharr: ")
    assert not (alice.config / "peers.yml").exists()


def test_a_peer_can_be_trusted_before_the_drive_is_there(alice: Household) -> None:
    alice.write_config()
    alice.run("init")
    assert alice.run("trust", token_text(Token(MESH, "bob", bytes(range(32))))) == 0
    assert "cannot check that the token is for this mesh" in alice.err
    assert "bob-" in alice.out


def test_a_broken_peers_file_is_told_and_not_overwritten(alice: Household) -> None:
    alice.write_config()
    alice.run("init", "--new-mesh", "home")
    (alice.config / "peers.yml").write_text("peers: [{node: x}]\n")
    assert alice.run("peers") == 1
    assert alice.run("trust", token_text(Token(decode_id(alice), "bob", bytes(range(32))))) == 1
    assert (alice.config / "peers.yml").read_text() == "peers: [{node: x}]\n"


def decode_id(household: Household) -> str:
    return decode((household.drive / ".mesharr/mesh.json").read_bytes()).id


@pytest.mark.parametrize(
    "words",
    [
        *(["status"], ["doctor"], ["peers"], ["approve"], ["retry"], ["uploads"], ["token"], ["sync"]),
        *(["log", "ls"], ["log", "show"], ["log", "tail"], ["log", "verify"]),
        *(["restore", "movies"], ["leave-item", "movies"], ["claim", "movies", "x"], ["adopt"], ["leave"]),
        *(["connect"], ["run"], ["config", "check"], ["config", "show"], ["trust", "x"]),
    ],
    ids=" ".join,
)
def test_where_there_is_no_node_every_command_says_so_and_makes_nothing(
    alice: Household, words: list[str]
) -> None:
    assert alice.run(*words) == 2
    assert alice.err == f"mesharr: no mesharr.yml in {alice.config}: create one with: mesharr init\n"
    assert not alice.config.exists()


def test_a_key_that_is_lost_is_not_made_anew_by_the_way(alice: Household) -> None:
    alice.write_config()
    assert alice.run("init", "--new-mesh", "home") == 0
    (alice.config / "mesharr.db").touch()  # it has run
    (alice.config / "node.key").unlink()
    for words in (["init"], ["token"], ["status"], ["run"]):
        assert alice.run(*words) == 2
        assert "restore it from your copy" in alice.err
    assert alice.run("keygen") == 0
    assert alice.run("token") == 0


def test_config_check_names_every_problem_and_exits_2(alice: Household) -> None:
    alice.write_config("policy: {on_imprt: leave}\nlogs: {}\n")
    assert alice.run("config", "check") == 2
    assert alice.err.splitlines() == [
        "mesharr: mesharr.yml:4: policy: unknown key 'on_imprt' (did you mean 'on_import'?)",
        "mesharr: mesharr.yml:5: unknown key 'logs' (did you mean 'log'?)",
    ]


def test_a_program_is_given_what_is_wrong_with_a_config(alice: Household) -> None:
    alice.write_config("logs: {}\n")
    assert alice.run("config", "check", "--json") == 2
    (problem,) = json.loads(alice.out)["problems"]
    assert problem == "mesharr.yml:4: unknown key 'logs' (did you mean 'log'?)"


ARR = "apps: {radarr: {url: 'http://radarr:7878', api_key: k}}\n"
KEEPS = "  movies: {path: /mnt/remote/Movies, app: radarr, root: /media/Movies}\n"
PLEX = "scanners: [{kind: plex, url: 'http://plex:32400', token: t}]\n"
DOOR = "server: {api_key: hush}\n"


@pytest.mark.parametrize(
    ("content", "missing"),
    [
        (f"{ARR}libraries:\n{KEEPS}{DOOR}", []),
        (f"{PLEX}libraries: {{movies: {{path: /mnt/remote/Movies}}}}\n", []),
        ("", ["apps: ", "libraries: "]),
        (f"{ARR}libraries:\n{KEEPS}", ["server.api_key: "]),
        (
            f"{ARR}{DOOR}libraries: {{tv: {{path: /mnt/remote/TV}}}}\n",
            ["an app in tv, or a media server: ", "a library whose app is radarr: "],
        ),
    ],
)
def test_config_check_is_content_with_a_good_file_and_says_what_is_missing(
    alice: Household, content: str, missing: list[str]
) -> None:
    alice.config.mkdir()
    (alice.config / "mesharr.yml").write_text(f"node: alice\nstore: {{path: /mnt/.mesharr}}\n{content}")
    assert alice.run("config", "check") == 0
    first, *lines = alice.out.splitlines()
    assert alice.run("config", "check", "--json") == 0
    assert json.loads(alice.out) == {"problems": [], "missing": [line[len("missing: ") :] for line in lines]}
    assert first.startswith(f"mesharr.yml {'has no mistakes' if missing else 'is good'}: node alice, ")
    assert len(lines) == len(missing)
    for line, said in zip(lines, missing, strict=True):
        assert line.startswith("missing: ")
        assert said in line


def test_config_check_online_does_not_call_a_file_good_whose_apps_may_be_down(
    alice: Household, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def opened(_session: Session, _config: Config) -> Iterator[None]:
        yield

    down = CheckResult("app radarr", "wrong", "radarr does not answer", "start it", down=True)
    monkeypatch.setattr(config_actions, "open_setup", opened)
    monkeypatch.setattr(config_actions, "run_checks", lambda _setup, of_config: [down])
    alice.config.mkdir()
    (alice.config / "mesharr.yml").write_text(
        f"node: alice\nstore: {{path: /mnt/.mesharr}}\n{ARR}libraries:\n{KEEPS}{DOOR}"
    )
    assert alice.run("config", "check", "--online") == DOWN
    first, *rest = alice.out.splitlines()
    assert first.startswith("mesharr.yml has no mistakes: node alice, ")
    assert "good" not in alice.out
    assert rest[-1] == "1 error, 0 warnings, 0 ok"


def test_config_show_has_the_environment_and_no_secret(alice: Household) -> None:
    alice.write_config("server: {api_key: hush}\n")
    environ = {"MESHARR__STORE__POLL": "3s"}
    assert alice.run("config", "show", "--json", environ=environ) == 0
    assert json.loads(alice.out)["store"]["poll"] == "3s"
    assert "hush" not in alice.out
    assert alice.run("config", "show") == 0
    assert "api_key: '**********'" in alice.out


def test_config_schema_needs_no_config(alice: Household) -> None:
    assert alice.run("config", "schema") == 0
    assert json.loads(alice.out)["properties"]["node"]


def test_the_environment_names_the_config_dir_when_the_option_does_not(
    alice: Household, capsys: Output
) -> None:
    alice.write_config()
    assert run(["config", "check"], {"MESHARR_CONFIG_DIR": str(alice.config)}) == 0
    assert "node alice" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["bogus"], ["--bogus"], ["trust"], ["config", "bogus"]])
def test_what_is_no_command_exits_2(alice: Household, words: list[str]) -> None:
    assert alice.run(*words) == 2


def test_the_help_names_every_command(alice: Household) -> None:
    assert run(["--help"], {}) == 0
    alice.run("--help")
    assert all(name in alice.out for name in ("init", "keygen", "token", "trust", "untrust", "peers", "hook"))


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_config_check_refuses_what_no_notification_and_no_upload_can_use(alice: Household) -> None:
    pytest.importorskip("apprise")
    for wrong in ("notify: [{url: 'slack://x'}]\n", "uploads: {bwlimit: 10MB}\n"):
        alice.write_config(wrong)
        assert alice.run("config", "check") == 2, wrong
    alice.write_config("notify: [{url: 'json://localhost'}]\nuploads: {bwlimit: '08:00,512k 23:00,off'}\n")
    assert alice.run("config", "check") == 0, alice.err
