"""The wizard's questions and what becomes of the answers, without a terminal and without a household."""

from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from mesharr.cli.wizard.answers import Answers, App, Server, config_text
from mesharr.cli.wizard.dialog import Asker, Given, ask
from mesharr.cli.wizard.places import Drive, LibraryPlan, StorePlan, Surroundings
from mesharr.cli.wizard.run import proven, write_config
from mesharr.cli.wizard.terminal import Unattended
from mesharr.config import load_config, validated
from mesharr.core.errors import KeyRefused, Refused
from mesharr.doctor.check_result import CheckResult
from mesharr.settings.models import LibrarySettings
from mesharr.settings.starter import starter_text
from tests.unit.cli.wizard.test_places import SALTBOX, WHOLE, here

KEY = "k" * 32
GIVEN = Given(node="alice", api_key=KEY)


class Person:
    """Answers questions that contain a word, once each in turn; any other with its default."""

    is_person = True

    def __init__(self, *answers: tuple[str, str]) -> None:
        self.answers = list(answers)
        self.told: list[str] = []
        self.asked: list[str] = []

    def text(self, question: str, default: str = "", *, secret: bool = False) -> str:
        del secret
        self.asked.append(question)
        return self._answer(question, default)

    def confirm(self, question: str, *, default: bool = True) -> bool:
        self.asked.append(question)
        return self._answer(question, "y" if default else "n") == "y"

    def tell(self, text: str) -> None:
        self.told.append(text)

    def _answer(self, question: str, default: str) -> str:
        for number, (word, answer) in enumerate(self.answers):
            if word in question:
                del self.answers[number]
                return answer
        return default


class House:
    """A household with a Radarr and a Plex, whose keys are `right`."""

    def __init__(self, around: Surroundings | None = None) -> None:
        self.around = around or here(SALTBOX)
        self.roots = ("/mnt/unionfs/Movies",)

    def app_urls(self) -> Mapping[str, str]:
        return {"radarr": "http://localhost:7878"}

    def server_urls(self) -> Mapping[str, str]:
        return {"plex": "http://plex:32400"}

    def open_app(self, kind: str, url: str, api_key: str) -> tuple[str, ...]:
        if api_key != "right":
            raise Refused(f"{kind} at {url} refuses the key", "copy it again")
        return self.roots

    def check_server(self, kind: str, url: str, token: str) -> None:
        if token != "right":
            raise Refused(f"{kind} at {url} refuses the credentials")

    def surroundings(self) -> Surroundings:
        return self.around


def asked(person: Asker, house: House | None = None, given: Given = GIVEN) -> Answers:
    return ask(given, person, house or House())


def test_what_is_found_is_proposed_and_a_wrong_key_is_asked_for_again() -> None:
    person = Person(("API key", "wrong"), ("API key", "right"), ("X-Plex-Token", "right"))
    found = asked(person)
    assert found.apps == (
        App(
            name="radarr",
            kind="radarr",
            url="http://localhost:7878",
            api_key="right",
            roots=("/mnt/unionfs/Movies",),
        ),
    )
    assert found.servers == (Server("plex", "http://plex:32400", "right"),)
    assert found.libraries == (WHOLE,)
    assert found.store == StorePlan("/mnt/remote/gdrive/.mesharr", "http://rclone:5572")
    assert found.rclone_config == "/c/rclone.conf"
    assert "  radarr at http://localhost:7878 refuses the key: copy it again" in person.told


def test_of_another_folder_on_the_drive_the_remote_is_proposed_that_its_mount_shows() -> None:
    person = Person(("API key", "right"), ("is this right", "n"), ("cloud:", "/mnt/remote/gdrive/Films"))
    (found,) = asked(person).libraries
    assert found.remote.endswith("Films")


class Locked(House):
    """A household whose Radarr says that it is the key it does not accept."""

    def open_app(self, kind: str, url: str, api_key: str) -> tuple[str, ...]:
        if url == "http://localhost:7878" and api_key != "right":
            raise KeyRefused("Radarr refuses the API key (401)", "copy it to mesharr.yml")
        return super().open_app(kind, url, api_key)


def test_a_refused_key_alone_is_asked_for_again() -> None:
    person = Person(("API key", "wrong"), ("API key", "right"))
    (app,) = asked(person, Locked()).apps
    assert app.api_key == "right"
    assert [question.partition(" (")[0] for question in person.asked].count("URL of Radarr") == 1
    assert "  Radarr refuses the API key (401)" in person.told, "mesharr.yml is not written yet"


@pytest.mark.parametrize(
    ("typed", "url"),
    [
        ("localhost:7878", "http://localhost:7878"),
        ("192.168.1.5:7878/radarr/", "http://192.168.1.5:7878/radarr"),
        ("https://radarr.example", "https://radarr.example"),
    ],
)
def test_an_address_without_http_is_taken(typed: str, url: str) -> None:
    (app,) = asked(Person(("URL of Radarr", typed), ("API key", "right"))).apps
    assert app.url == url


def test_a_key_in_place_of_the_url_is_not_proposed_as_one() -> None:
    person = Person(("URL of Radarr", "d41d8cd98f00b204e9800998ecf8427e"), ("API key", "right"))
    (app,) = asked(person).apps
    assert app.url == "http://localhost:7878", "what was proposed before"
    assert any("looks like a key" in line for line in person.told)


def test_everything_may_be_left_out_and_a_second_app_of_a_kind_gets_a_name_of_its_own() -> None:
    assert asked(Person(("URL of Radarr", "-"))).apps == ()
    person = Person(
        ("API key", "right"), ("another Radarr", "y"), ("URL of Radarr", "http://localhost:7878"),
        ("URL of Radarr", "http://radarr-4k:7878/"), ("API key", "right"),
    )  # fmt: skip
    names = [(app.name, app.url) for app in asked(person).apps]
    assert names == [("radarr", "http://localhost:7878"), ("radarr-2", "http://radarr-4k:7878")]


def test_a_wrong_proposal_is_corrected_field_by_field() -> None:
    person = Person(
        ("API key", "right"), ("is this right", "n"), ("its name", "films"), ("path:", "/mnt/u/Films/"),
        ("cloud:", "/mnt/remote/gdrive/Films"), ("local:", "/mnt/local/Films"),
        ("remote:", "gdrive:Media/Films"),
        ("The directory on the shared", "/mnt/remote/gdrive/x"),
    )  # fmt: skip
    found = asked(person)
    assert found.libraries == (
        LibraryPlan(
            name="films", app="radarr", root="/mnt/unionfs/Movies", path="/mnt/u/Films",
            cloud="/mnt/remote/gdrive/Films", local="/mnt/local/Films", remote="gdrive:Media/Films",
        ),
    )  # fmt: skip
    assert found.store.path == "/mnt/remote/gdrive/x"
    assert (
        asked(Person(("API key", "right"), ("is this right", "n"), ("shared drive at all", "n"))).libraries
        == ()
    )


def test_a_library_without_a_local_folder_is_asked_for_no_remote() -> None:
    person = Person(("API key", "right"), ("is this right", "n"), ("local:", "-"))
    (library,) = asked(person).libraries
    assert (library.local, library.remote) == ("", "")
    assert not any("remote:" in question for question in person.asked)


UNKNOWN_REMOTE = Drive(point="/mnt/remote/gdrive")


def test_a_remote_that_nothing_says_is_asked_for_and_without_one_nothing_is_uploaded() -> None:
    house = House(here(SALTBOX, (UNKNOWN_REMOTE,)))
    (library,) = asked(Person(("API key", "right"), ("remote:", "gdrive:Movies")), house).libraries
    assert (library.local, library.remote) == ("/mnt/local/Movies", "gdrive:Movies")
    (library,) = asked(
        Unattended(), house, msgspec.structs.replace(GIVEN, secrets={"radarr": "right"})
    ).libraries
    assert (library.local, library.remote, library.cloud) == ("", "", "/mnt/remote/gdrive/Movies")


def test_a_name_that_cannot_name_a_node_is_asked_for_again() -> None:
    assert (
        asked(Person(("name of this household", "Alice!"), ("name of this household", "bob"))).node == "bob"
    )


def test_a_script_gets_every_proposal_and_what_it_gives_no_key_for_is_left_out() -> None:
    given = msgspec.structs.replace(GIVEN, secrets={"radarr": "right"})
    found = asked(Unattended(), given=given)
    assert [app.name for app in found.apps] == ["radarr"]
    assert (found.servers, found.libraries) == ((), (WHOLE,))
    with pytest.raises(Refused):
        asked(Unattended(), given=msgspec.structs.replace(GIVEN, secrets={"radarr": "wrong"}))


def test_the_file_it_writes_is_good_keeps_the_comments_and_is_read_by_nobody_else(tmp_path: Path) -> None:
    person = Person(("API key", "right"), ("X-Plex-Token", "right"))
    answers = asked(person)
    (tmp_path / "mesharr.yml").write_text("node: old\n")
    write_config(str(tmp_path), answers)
    config = load_config(str(tmp_path), {})
    assert config.node == "alice"
    assert config.apps["radarr"].api_key.get_secret_value() == "right"
    wanted = {key: value for key, value in msgspec.to_builtins(WHOLE).items() if key != "name"}
    assert config.libraries["movies"] == validated(LibrarySettings, wanted)
    assert config.store.rc is not None
    assert config.uploads.rclone.config == "/c/rclone.conf"
    assert [scanner.url for scanner in config.scanners] == ["http://plex:32400"]
    assert config.server.api_key is not None
    assert config.server.api_key.get_secret_value() == KEY
    assert (tmp_path / "mesharr.yml").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "mesharr.yml.old").read_text() == "node: old\n"
    written = (tmp_path / "mesharr.yml").read_text()
    comments = [line for line in starter_text("alice").splitlines() if line.lstrip().startswith("#")]
    assert [line for line in comments if line not in written] == []


@pytest.mark.parametrize(
    "text", ["a: b", "x #y", "123", "null", "no", "'", '"', "{x}", "ü: \\", "a: b/c", "a #b", "a/b c.d"]
)
def test_whatever_is_answered_is_read_back_as_it_was(text: str, tmp_path: Path) -> None:
    app = App(name="radarr", kind="radarr", url="http://localhost:7878", api_key=text)
    library = LibraryPlan(name="movies", app="radarr", root=f"/r/{text}", path=f"/p/{text}")
    answers = Answers(
        node="no", store=StorePlan(f"/s/{text}"), apps=(app,), libraries=(library,), api_key=KEY
    )
    write_config(str(tmp_path), answers)
    config = load_config(str(tmp_path), {})
    assert config.node == "no"
    assert config.apps["radarr"].api_key.get_secret_value() == text
    assert (config.libraries["movies"].root, config.libraries["movies"].path) == (f"/r/{text}", f"/p/{text}")
    assert config.store.path == f"/s/{text}"


def test_nothing_is_filled_in_where_nothing_was_answered() -> None:
    text = config_text(Answers(node="alice", store=StorePlan("/d/.mesharr"), api_key=KEY), starter_text("x"))
    assert text.count("\n") == starter_text("x").count("\n") + 1, "only the key of the server is new"


def test_folders_that_are_not_proven_are_corrected_until_they_are(tmp_path: Path) -> None:
    answers = asked(Person(("API key", "right")))
    results = iter(
        [
            [CheckResult("library movies", "wrong", "a file in it does not show", "correct local")],
            [CheckResult("library movies", "good", "a file in it shows")],
        ]
    )
    person = Person(("local:", "/mnt/disk/Movies"))
    found = proven(str(tmp_path), answers, person, lambda: here(SALTBOX), lambda: next(results))
    assert found.libraries[0].local == "/mnt/disk/Movies"
    assert load_config(str(tmp_path), {}).libraries["movies"].local == "/mnt/disk/Movies"
    wrong = [CheckResult("library movies", "wrong", "no", "correct local")]
    assert proven(str(tmp_path), answers, Unattended(), lambda: here(SALTBOX), lambda: wrong) == answers
