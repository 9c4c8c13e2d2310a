"""What mesharr.yml may say, what is wrong with it in which words, and what stands over it."""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal, get_args

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest

from mesharr import notify
from mesharr.config import (
    ConfigError,
    Kinds,
    config_schema,
    known_kinds,
    load_config,
    parse_config,
    schema_text,
    shown_config,
)
from mesharr.notify.apprise import AppriseSettings
from mesharr.scanners.base import ScannerKind, ScannerSettings
from mesharr.settings.config_file import up_to_date
from mesharr.settings.definition import Secret, Settings
from mesharr.settings.document import Sources, read_document
from mesharr.settings.formats import value_formats as formats
from mesharr.settings.formats.cron import cron_line
from mesharr.settings.models import Config
from mesharr.settings.starter import (
    SCHEMA,
    SCHEMA_NAME,
    node_name_from,
    starter_path,
    starter_text,
    write_schema,
)

REPOSITORY = Path(__file__).parents[2]

MINIMAL = "node: alice\nstore: {path: /mnt/remote/.mesharr}\n"


class TinySettings(ScannerSettings):
    """A scanner as a fifth media server would bring it."""

    kind: Literal["tiny"] = "tiny"
    token: Secret


def _no_connect(client: object, settings: object) -> Any:
    raise AssertionError("a config connects to nothing")


KINDS = Kinds(
    frozenset({"radarr", "sonarr"}),
    {"tiny": ScannerKind(name="tiny", settings=TinySettings, connect=_no_connect)},
    notify.kinds(),
)

FULL: dict[str, Any] = {
    "node": "alice",
    "store": {"path": "/mnt/remote/.mesharr", "poll": "10s", "rc": "http://user:hush@rclone:5572"},
    "apps": {
        "radarr": {"url": "http://radarr:7878/", "api_key": "radarr-hush"},
        "radarr-4k": {"kind": "radarr", "url": "http://radarr4k:7878", "api_key": "radarr4k-hush"},
    },
    "libraries": {
        "movies": {
            "app": "radarr",
            "root": "/media/Movies/",
            "path": "/mnt/unionfs/Movies",
            "cloud": "/mnt/remote/Movies",
            "local": "/mnt/local/Movies",
            "remote": "gdrive:Movies",
        },
        "movies-4k": {"app": "radarr-4k", "root": "/media/4k", "path": "/mnt/remote/4k"},
        "concerts": {"path": "/mnt/remote/Concerts", "follow": "mine"},
    },
    "uploads": {"window": "22:30-06:00", "limit": "700GB/day", "bwlimit": "20M", "transfers": 4},
    "scanners": [
        {"kind": "tiny", "url": "http://tiny:1", "token": "tiny-hush", "paths": {"movies": "/data/Movies"}},
    ],
    "notify": [{"url": "discord://hush/hush", "on": ["imported", "held"]}],
    "server": {"listen": "127.0.0.1:9494", "api_key": "server-hush", "url_base": "mesharr/"},
}


def load(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    (tmp_path / "mesharr.yml").write_text(text)
    return load_config(str(tmp_path), environ or {})


def problems(tmp_path: Path, text: str, environ: Mapping[str, str] | None = None) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, environ)
    return caught.value.problems


def wrong(changes: Mapping[str, Any]) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        parse_config({**FULL, **changes}, "mesharr.yml", KINDS)
    return caught.value.problems


def notify_url(config: Config, index: int) -> str:
    settings = config.notify[index]
    assert isinstance(settings, AppriseSettings)
    return settings.url.get_secret_value()


def test_node_and_store_are_enough_and_every_default_is_filled_in(tmp_path: Path) -> None:
    config = load(tmp_path, MINIMAL)
    assert (config.node, config.store.poll, config.uploads.mode) == ("alice", 30.0, "move")
    assert (config.policy.on_import, config.policy.gone_after, config.policy.holds.moves) == (
        "monitor",
        600.0,
        50,
    )
    assert config.server.listen == ("0.0.0.0", 9494)
    assert config.libraries == {}


def test_a_mapping_is_as_good_as_a_file() -> None:
    config = parse_config(FULL, "a test", KINDS)
    assert config.store.poll == 10.0
    assert config.uploads.window == (22 * 60 + 30, 6 * 60)
    assert config.uploads.limit == 700 * 1000**3
    assert config.server.url_base == "/mesharr"
    assert config.apps["radarr"].url == "http://radarr:7878"


def test_the_kind_of_an_app_is_its_key_unless_it_is_named() -> None:
    config = parse_config(FULL, "a test", KINDS)
    assert {name: app.kind for name, app in config.apps.items()} == {
        "radarr": "radarr",
        "radarr-4k": "radarr",
    }


def test_the_folders_of_a_library_default_to_one_another() -> None:
    libraries = parse_config(FULL, "a test", KINDS).libraries
    assert (libraries["movies"].root, libraries["movies"].scan) == ("/media/Movies", "/media/Movies")
    assert libraries["movies"].cloud == "/mnt/remote/Movies"
    assert libraries["movies-4k"].cloud == "/mnt/remote/4k"
    assert libraries["concerts"].scan == "/mnt/remote/Concerts"
    assert libraries["movies"].rc is None


def test_a_scanner_is_read_by_the_model_of_its_own_kind() -> None:
    (scanner,) = parse_config(FULL, "a test", KINDS).scanners
    assert isinstance(scanner, TinySettings)
    assert scanner.token.get_secret_value() == "tiny-hush"


def test_an_unknown_key_is_named_with_its_line_and_the_nearest_known_one(tmp_path: Path) -> None:
    text = f"{MINIMAL}libraries:\n  movies:\n    path: /mnt/remote/Movies\n    rooot: /media/Movies\n"
    assert problems(tmp_path, text) == (
        "mesharr.yml:6: libraries.movies: unknown key 'rooot' (did you mean 'root'?)",
    )


def test_a_key_near_to_none_is_answered_with_those_that_are_known(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, f"{MINIMAL}log: {{zzz: 1}}\n")
    assert line == "mesharr.yml:3: log: unknown key 'zzz' (known: format, level)"


def test_everything_wrong_with_a_file_is_told_at_once_in_the_order_of_its_lines(tmp_path: Path) -> None:
    text = (
        "node: Alice\nstore:\n  poll: 500ms\n  pth: /x\nlibraries:\n"
        "  movies: {app: radar, root: /m, path: Movies}\nuplods: {}\n"
    )
    assert problems(tmp_path, text) == (
        "mesharr.yml:1: node: a node's name has only a-z, 0-9 and -, and at most 24 characters",
        "mesharr.yml:2: store.path: is missing",
        "mesharr.yml:3: store.poll: the smallest is 1s",
        "mesharr.yml:4: store: unknown key 'pth' (did you mean 'path'?)",
        "mesharr.yml:6: libraries.movies.app: apps has no 'radar' (known: none)",
        "mesharr.yml:6: libraries.movies.path: must be an absolute path: it begins with /",
        "mesharr.yml:7: unknown key 'uplods' (did you mean 'uploads'?)",
    )


def test_a_key_that_stands_twice_is_an_error(tmp_path: Path) -> None:
    assert problems(tmp_path, f"{MINIMAL}node: bob\n") == (
        "mesharr.yml:3: the key 'node' is given twice (first: line 1)",
    )


def test_what_is_no_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "node: alice\nstore: {path: /x\n")
    assert line.startswith("mesharr.yml:3: not YAML: ")


@pytest.mark.parametrize("text", ["- node: alice\n", "just a line\n"])
def test_a_file_that_is_no_group_of_keys_is_refused_for_that_alone(tmp_path: Path, text: str) -> None:
    environ = {"MESHARR__STORE__POLL": "3s"}
    assert problems(tmp_path, text, environ) == ("mesharr.yml: must be a group of keys",)


def test_an_alias_that_holds_itself_is_an_error_and_ends(tmp_path: Path) -> None:
    assert any("an alias that contains itself" in line for line in problems(tmp_path, "node: &a\n  b: *a\n"))


def test_no_file_is_refused_with_the_command_that_makes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"no mesharr\.yml in .*mesharr init"):
        load_config(str(tmp_path), {})


def test_words_that_other_yaml_readers_take_for_booleans_stay_words(tmp_path: Path) -> None:
    text = (
        f"{MINIMAL}notify:\n  - {{url: x://y, on: [held]}}\nuploads: {{bwlimit: off, window: 01:00-08:00}}\n"
    )
    config = load(tmp_path, text)
    assert config.notify[0].on == ("held",)
    assert config.uploads.bwlimit == "off"
    assert config.uploads.window == (60, 480)


def test_a_section_with_nothing_in_it_is_as_if_it_were_not_there(tmp_path: Path) -> None:
    assert load(tmp_path, f"{MINIMAL}apps:\n  # radarr: {{}}\nlibraries:\n").apps == {}


def test_a_number_where_text_belongs_asks_for_quotes_and_does_not_repeat_it(tmp_path: Path) -> None:
    (line,) = problems(
        tmp_path, f"{MINIMAL}apps:\n  radarr: {{kind: radarr, url: http://r:1, api_key: 424242}}\n"
    )[:1]
    assert line == "mesharr.yml:4: apps.radarr.api_key: must be text: put it in quotes"


def test_tags_read_the_environment_the_secrets_file_and_files(tmp_path: Path) -> None:
    (tmp_path / "secrets.yml").write_text("discord: 0042\n")
    (tmp_path / "key.txt").write_text("from-a-file\n")
    text = (
        "node: !env_var NODE bob\nstore: {path: !env_var STORE}\nnotify: [{url: !secret discord}]\n"
        "server: {api_key: !file key.txt}\n"
    )
    config = load(tmp_path, text, {"STORE": "/mnt/x"})
    assert (config.node, config.store.path) == ("bob", "/mnt/x")
    assert notify_url(config, 0) == "0042"
    assert config.server.api_key is not None
    assert config.server.api_key.get_secret_value() == "from-a-file"


def test_a_tag_that_finds_nothing_is_an_error_with_its_line_and_no_second_one(tmp_path: Path) -> None:
    text = (
        f"{MINIMAL}server:\n  api_key: !env_var NOT_SET\n"
        "notify:\n  - url: !secret gone\n  - url: !file none.txt\n"
    )
    lines = problems(tmp_path, text)
    assert lines[0] == "mesharr.yml:4: server.api_key: the environment variable NOT_SET is not set"
    assert lines[1].startswith("mesharr.yml:6: notify.0.url: ")
    assert "secrets.yml cannot be read" in lines[1]
    assert "none.txt cannot be read (No such file or directory)" in lines[2]
    assert len(lines) == 3


def test_a_broken_secrets_file_is_not_quoted(tmp_path: Path) -> None:
    (tmp_path / "secrets.yml").write_text("discord: [hush\n")
    (line,) = problems(tmp_path, f"{MINIMAL}notify: [{{url: !secret discord}}]\n")
    assert line == "mesharr.yml:3: notify.0.url: secrets.yml is not YAML"


def test_an_unknown_tag_is_an_error(tmp_path: Path) -> None:
    (line,) = problems(tmp_path, "node: !env NODE\nstore: {path: /x}\n")
    assert line == "mesharr.yml:1: node: the tag !env is none of !env_var, !secret and !file"


def test_the_environment_stands_over_the_file(tmp_path: Path) -> None:
    text = f"{MINIMAL}libraries: {{tv-4k: {{path: /a}}}}\nnotify: [{{url: a://a}}]\n"
    config = load(
        tmp_path,
        text,
        {
            "MESHARR__NODE": "carol",
            "MESHARR__STORE__POLL": "2s",
            "MESHARR__LIBRARIES__TV_4K__PATH": "/b",
            "MESHARR__LIBRARIES__NEW_ONE__PATH": "/c",
            "MESHARR__NOTIFY__0__ON": "[held, removed]",
            "MESHARR__NOTIFY__1__URL": "b://b",
            "MESHARR__UPLOADS__TRANSFERS": "3",
            "MESHARR_CONFIG_DIR": "no override: one underscore",
        },
    )
    assert (config.node, config.store.poll, config.uploads.transfers) == ("carol", 2.0, 3)
    assert {name: library.path for name, library in config.libraries.items()} == {
        "tv-4k": "/b",
        "new-one": "/c",
    }
    assert config.notify[0].on == ("held", "removed")
    assert notify_url(config, 1) == "b://b"


def test_a_file_named_by_the_environment_beats_the_direct_variable(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from-the-file\n")
    environ = {"MESHARR__SERVER__API_KEY": "direct", "MESHARR__SERVER__API_KEY__FILE": str(tmp_path / "key")}
    config = load(tmp_path, MINIMAL, environ)
    assert config.server.api_key is not None
    assert config.server.api_key.get_secret_value() == "from-the-file"


def test_an_override_heals_a_tag_that_found_nothing(tmp_path: Path) -> None:
    text = f"{MINIMAL}server: {{api_key: !env_var NOT_SET}}\n"
    config = load(tmp_path, text, {"MESHARR__SERVER__API_KEY": "given"})
    assert config.server.api_key is not None
    assert config.server.api_key.get_secret_value() == "given"


def test_a_wrong_override_is_named_by_its_variable(tmp_path: Path) -> None:
    environ = {
        "MESHARR__STORE__POLL": "soon",
        "MESHARR__STOER__POLL": "1s",
        "MESHARR__NODE__FILE": "/not/there",
        "MESHARR__NODE__DEEPER": "x",
    }
    assert sorted(problems(tmp_path, MINIMAL, environ)) == [
        "MESHARR__STOER__POLL: unknown key 'stoer' (did you mean 'store'?)",
        "MESHARR__STORE__POLL: store.poll: want a duration with its unit, such as 30s, 15m or 24h",
        "mesharr.yml: MESHARR__NODE__DEEPER does not match any setting",
        "mesharr.yml: MESHARR__NODE__FILE: /not/there cannot be read (No such file or directory)",
    ]


def _rooted(root: str, path: str = "/m") -> dict[str, Any]:
    app = {"url": "http://radarr:7878", "api_key": "k"}
    return {"apps": {"radarr": app}, "libraries": {"m": {"app": "radarr", "root": root, "path": path}}}


def _seen_at(folder: str) -> dict[str, Any]:
    scanner = {"kind": "tiny", "url": "http://x", "token": "t", "paths": {"m": folder}}
    return {"libraries": {"m": {"path": "/m"}}, "scanners": [scanner]}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"apps": {"plex": {"url": "http://p:1", "api_key": "k"}}}, "set kind to one of radarr, sonarr"),
        ({"apps": {"radarr": {"url": "radarr:7878", "api_key": "k"}}}, "must be a URL"),
        ({"apps": {"radarr": {"url": "http://r:1", "api_key": " "}}}, "is empty"),
        ({"libraries": {"Movies": {"path": "/m"}}}, "a name has only a-z, 0-9 and -"),
        ({"libraries": {"m": {"path": "/m", "app": "radarr"}}}, "is missing root"),
        (_rooted("D:\\Movies"), "root: is a Windows path, and mesharr needs an app that runs on Linux"),
        (_rooted("\\\\nas\\media"), "root: is a Windows path"),
        (_rooted("/m", path="D:/Movies"), "path: is a Windows path: write it as mesharr"),
        ({"libraries": {"m": {"path": "/m/../x"}}}, "must not contain .."),
        ({"libraries": {"m": {"path": "/m", "local": "/l"}}}, "no remote to upload to"),
        ({"libraries": {"m": {"path": "/m", "remote": "Movies"}}}, "as rclone writes them"),
        ({"libraries": {"m": {"path": "/m", "follow": "some"}}}, "(known: all, mine)"),
        ({"scanners": [{"kind": "big", "url": "http://x"}]}, "want a kind of scanner, one of: tiny"),
        ({"scanners": [{"kind": "tiny", "url": "http://x", "tokn": "t"}]}, "did you mean 'token'"),
        (
            {"scanners": [{"kind": "tiny", "url": "http://x", "token": "t", "only": ["x"]}]},
            "libraries has no 'x'",
        ),
        (
            {"scanners": [{"kind": "tiny", "url": "http://x", "token": "t", "again_after": "6"}]},
            "want a duration",
        ),
        ({"scanners": [{"kind": "tiny", "url": "plex:32400", "token": "t"}]}, "must be a URL"),
        (_seen_at("Movies"), "paths.m: must be an absolute path as the server sees it"),
        (_seen_at("D:\\Movies\\..\\TV"), "must not contain .."),
        ({"uploads": {"window": "1-8"}}, "want a window of the day"),
        ({"uploads": {"window": "08:00-08:00"}}, "not empty"),
        ({"uploads": {"limit": "700GB"}}, "want a size a day"),
        ({"schedule": {"reconcile": "0 25 * * *"}}, "bad hour"),
        ({"schedule": {"reconcile": "0 4 * * 8"}}, "bad day-of-week"),
        ({"server": {"listen": "9494"}}, "want an address and a port"),
        (
            {"notify": [{"url": "x://y", "on": ["held", "upload_faild"]}]},
            "notify.0.on.1: unknown word 'upload_faild' (did you mean 'upload_failed'?)",
        ),
        (
            {"notify": [{"url": "x://y", "on": ["xyz"]}]},
            "notify.0.on.0: unknown word 'xyz' (known: imported, removed, held, ",
        ),
        (
            {"policy": {"on_import": "added"}},
            "policy.on_import: unknown word 'added' (known: monitor, leave)",
        ),
        ({"notify": [{"kind": "smoke", "url": "x://y"}]}, "want a kind of notifier, one of: apprise"),
        ({"policy": {"holds": {"removals": -1}}}, "greater than or equal to 0"),
    ],
)
def test_each_setting_is_checked_in_words_that_say_what_is_wanted(changes: dict[str, Any], said: str) -> None:
    lines = wrong(changes)
    assert any(said in line for line in lines), lines


@pytest.mark.parametrize(
    ("places", "key"),
    [
        ({"path": "/mnt/a", "cloud": "/mnt/b", "local": "/mnt/b"}, "cloud"),
        ({"path": "/mnt/a", "cloud": "/mnt/b", "local": "/mnt/b/new/"}, "cloud"),
        ({"path": "/mnt/a", "local": "/mnt/a"}, "path"),
    ],
)
def test_the_folder_on_the_drive_is_no_local_branch(places: dict[str, str], key: str) -> None:
    library = {"app": "radarr", "root": "/media", "remote": "gdrive:Movies", **places}
    said = f"libraries.movies.local: is the same as, above or below {key}"
    lines = wrong({"libraries": {"movies": library}, "scanners": []})
    assert any(said in line for line in lines), lines


def test_two_libraries_never_answer_for_the_same_files() -> None:
    libraries = {
        "movies": {"app": "radarr", "root": "/media", "path": "/mnt/a"},
        "kids": {"app": "radarr", "root": "/media/Kids", "path": "/mnt/b"},
        "other": {"app": "radarr-4k", "root": "/media", "path": "/mnt/a/"},
    }
    assert wrong({"libraries": libraries, "scanners": []}) == (
        "mesharr.yml: libraries.kids.root: is the same as, above or below the root of movies",
        "mesharr.yml: libraries.other.path: is the same as, above or below the folder of movies",
    )


def test_hostile_shapes_are_problems_and_not_crashes() -> None:
    shapes: dict[str, Any] = {
        "apps": {"radarr": {"kind": ["x"], "url": {}, "api_key": []}, "x": 3},
        "libraries": {"m": {"app": {}, "root": [], "path": 4}, "n": None},
        "scanners": [4, {"kind": ["tiny"]}, {"kind": "tiny", "only": [[]], "paths": 3}],
        "uploads": [],
        "notify": {"url": 1},
        "store": "path",
    }
    assert len(wrong(shapes)) > 10


def test_no_secret_is_shown_or_repeated() -> None:
    config = parse_config(FULL, "a test", KINDS)
    texts = [json.dumps(shown_config(config)), repr(config), str(config)]
    texts += [" ".join(wrong({"notify": [{"url": 5, "on": "hush"}], "store": {"rc": "ftp://u:hush@x"}}))]
    assert not [text for text in texts if "hush" in text.replace("'hush'", "")]
    assert "**********" in texts[0]


def test_a_password_inside_a_plain_url_is_masked_too() -> None:
    apps = {"radarr": {"url": "http://me:hush@radarr:7878", "api_key": "k"}}
    shown = shown_config(parse_config({**FULL, "apps": apps, "libraries": {}, "scanners": []}, "t", KINDS))
    assert shown["apps"]["radarr"]["url"] == "http://***@radarr:7878"


def test_what_is_shown_can_be_read_again() -> None:
    shown = shown_config(parse_config(FULL, "a test", KINDS))
    shown["store"]["rc"] = "http://x"  # a masked URL is none
    again = parse_config(shown, "a test", KINDS)
    assert again.uploads == parse_config(FULL, "a test", KINDS).uploads
    assert again.libraries["movies"] == parse_config(FULL, "a test", KINDS).libraries["movies"]


def test_the_schema_accepts_what_the_program_accepts_and_knows_the_scanners() -> None:
    schema = config_schema(KINDS)
    validator = jsonschema.Draft202012Validator(schema)
    assert list(validator.iter_errors(FULL)) == []
    assert list(validator.iter_errors({**FULL, "nod": 1}))
    assert list(validator.iter_errors({**FULL, "scanners": [{"kind": "tiny", "url": "http://x", "tokn": 1}]}))
    assert list(validator.iter_errors({**FULL, "store": {"path": "/x", "poll": "10 parsecs"}}))


def test_the_kinds_that_are_installed_are_those_of_the_adapters() -> None:
    with pytest.raises(ConfigError, match="radarr"):
        parse_config({**FULL, "apps": {"none": {"url": "http://x", "api_key": "k"}}}, "mesharr.yml")


@pytest.mark.parametrize(
    ("text", "value"),
    [("1s", 1), ("500ms", 0.5), ("15m", 900), ("24h", 86400), ("1h30m", 5400), ("2d", 172800), (0, 0)],
)
def test_a_duration_has_its_unit(text: object, value: float) -> None:
    assert formats.seconds(text) == value
    assert formats.seconds(formats.duration_text(value)) == value


@pytest.mark.parametrize("text", ["", "10", 10, True, "1 s", "s", "-1s", "1x", None, ["1s"]])
def test_anything_else_is_no_duration(text: object) -> None:
    with pytest.raises(ValueError, match="want a duration"):
        formats.seconds(text)


@pytest.mark.parametrize(
    ("text", "value"), [("700GB/day", 7 * 10**11), ("20GiB/day", 20 * 2**30), ("1.5T/d", 1_500_000_000_000)]
)
def test_a_limit_is_bytes_a_day(text: str, value: int) -> None:
    assert formats.bytes_per_day(text) == value
    assert formats.bytes_per_day(formats.rate_text(value)) == value


@pytest.mark.parametrize(
    "line",
    [
        "0 4 * * *",
        "*/15 0-5 1,15 jan-mar mon-fri",
        "0 0 31 12 sun",
        "0 4 * * 0",
        "@daily",
        "@hourly",
        "0 4 * * fri-sun",
    ],
)
def test_cron_lines_are_kept(line: str) -> None:
    assert cron_line(line) == line


@pytest.mark.parametrize(
    "line",
    [
        "",
        "0 4 * *",
        "60 4 * * *",
        "0 5-1 * * *",
        "a b c d e",
        "*/0 * * * *",
        "0 4 * * 8",
        "@reboot",
        "* * * * * *",
        4,
    ],
)
def test_what_is_no_cron_line_is_refused(line: object) -> None:
    with pytest.raises(ValueError, match="cron"):
        cron_line(line)


@pytest.mark.parametrize(
    ("text", "value"), [(":80", ("0.0.0.0", 80)), ("[::1]:9494", ("::1", 9494)), ("nas:1", ("nas", 1))]
)
def test_an_address_has_a_port(text: str, value: tuple[str, int]) -> None:
    assert formats.address(text) == value
    assert formats.address(formats.address_text(value)) == value


def test_the_starter_file_is_a_good_config_and_names_only_real_keys(tmp_path: Path) -> None:
    config = load(tmp_path, starter_text("bob"))
    assert config.node == "bob"
    lines = (REPOSITORY / "mesharr.yml").read_text().splitlines()
    uncommented = "\n".join(line.replace("  # ", "  ", 1) for line in lines)
    document = read_document(uncommented, Sources("/", {}))
    assert isinstance(document.tree, dict)
    libraries, policy = document.tree["libraries"], document.tree["policy"]
    assert isinstance(libraries, dict)
    assert isinstance(policy, dict)
    assert "movies" in libraries
    found = {**document.tree, "scanners": [], "notify": [], "apps": FULL["apps"], "server": {}}
    assert parse_config(found, "starter", KINDS).policy.holds.first_adds == 50


def _settings(model: type[Settings]) -> Iterator[str]:
    """Yield the name of every setting of a model and of the models in it."""
    for field in fields(model):
        yield field.name
        parts = [field.type, *get_args(field.type)]
        for part in parts:
            if isinstance(part, type) and issubclass(part, Settings):
                yield from _settings(part)


def test_the_starter_file_names_every_setting_and_every_kind_of_scanner_and_notifier() -> None:
    text = (REPOSITORY / "mesharr.yml").read_text()
    known = known_kinds()
    models: dict[str, type[Settings]] = {name: kind.settings for name, kind in known.scanners.items()}
    models |= {name: kind.settings for name, kind in known.notifiers.items()}
    names = {*_settings(Config), *models, *(name for model in models.values() for name in _settings(model))}
    assert {"history", "first_adds", "again_after", "jellyfin", "apprise"} <= names
    assert sorted(name for name in names if not re.search(rf"\b{name}\b", text)) == []


def test_the_starter_file_is_read_from_a_wheel_and_from_a_checkout(tmp_path: Path) -> None:
    wheel, checkout = tmp_path / "site" / "mesharr", tmp_path / "repo" / "mesharr"
    for package in (wheel, checkout):
        package.mkdir(parents=True)
    (wheel / "starter.yml").write_text("node: alice\n# wheel\n")
    (checkout.parent / "mesharr.yml").write_text("node: alice\n# checkout\n")
    assert starter_text("bob", str(wheel)) == "node: bob\n# wheel\n"
    assert starter_text("bob", str(checkout)) == "node: bob\n# checkout\n"


def test_the_wheel_is_given_the_same_file_that_a_checkout_reads() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    assert included["mesharr.yml"] == "mesharr/starter.yml"
    assert not (REPOSITORY / "mesharr" / "starter.yml").exists()
    assert os.path.samefile(starter_path(str(REPOSITORY / "mesharr")), REPOSITORY / "mesharr.yml")


def test_the_schema_that_is_shipped_is_that_of_the_models() -> None:
    assert Path(SCHEMA).read_text() == schema_text(), f"write it anew: mesharr config schema > {SCHEMA}"


def test_the_starter_file_names_the_schema_that_is_put_beside_it(tmp_path: Path) -> None:
    assert starter_text("bob").startswith(f"# yaml-language-server: $schema={SCHEMA_NAME}\n")
    (tmp_path / SCHEMA_NAME).write_text("of an older version")
    write_schema(str(tmp_path))
    assert (tmp_path / SCHEMA_NAME).read_text() == schema_text()
    written = (tmp_path / SCHEMA_NAME).stat().st_mtime_ns
    write_schema(str(tmp_path))
    assert (tmp_path / SCHEMA_NAME).stat().st_mtime_ns == written
    write_schema(str(tmp_path / "absent"))  # it is no loss where that is impossible


@pytest.mark.parametrize(
    ("version", "wrong"),
    [
        ("2", "is newer than this mesharr, which knows versions up to 1: update mesharr"),
        ("0", "must be a number from 1 to 1"),
        ("new", "must be a number from 1 to 1"),
    ],
)
def test_a_form_that_is_not_known_is_refused_by_that_alone(tmp_path: Path, version: str, wrong: str) -> None:
    text = f"version: {version}\nnode: alice\nhouse: a key of another version\n"
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text)
    assert caught.value.problems == (f"mesharr.yml:1: version: {wrong}",)


def test_an_older_form_is_brought_up_to_date_step_by_step() -> None:
    steps = (
        lambda tree: {**tree, "name": tree["node"]},
        lambda tree: {key: value for key, value in tree.items() if key != "node"},
    )
    for first in (
        {"node": "alice"},
        {"version": 1, "node": "alice"},
        {"version": 2, "node": "x", "name": "alice"},
    ):
        assert up_to_date(first, steps) == ({"version": 3, "name": "alice"}, "")
    assert up_to_date({"version": 3, "name": "bob"}, steps) == ({"version": 3, "name": "bob"}, "")
    assert up_to_date({"version": 4}, steps)[1].startswith("is newer")


@pytest.mark.parametrize(
    ("host", "name"),
    [("Alice-NAS.lan", "alice-nas"), ("3f2a", "3f2a"), ("___", "node"), ("a" * 40, "a" * 24)],
)
def test_a_host_name_makes_a_node_name(host: str, name: str) -> None:
    assert node_name_from(host) == name


@pytest.mark.parametrize(
    ("folder", "seen"),
    [
        ("D:\\Movies\\", "D:\\Movies"),
        ("D:/Movies", "D:\\Movies"),
        (r"\\nas\media\TV", r"\\nas\media\TV"),
        ("//data//TV/", "/data/TV"),
    ],
)
def test_a_media_server_may_see_a_library_as_windows_does(folder: str, seen: str) -> None:
    tree = {**_seen_at(folder), "node": "a", "store": {"path": "/s"}}
    tree["libraries"]["m"]["scan"] = folder
    config = parse_config(tree, "mesharr.yml", KINDS)
    assert config.libraries["m"].scan == seen
    assert config.scanners[0].paths["m"] == seen


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_a_notify_url_that_cannot_work_is_found_when_the_notifiers_are_opened(tmp_path: Path) -> None:
    pytest.importorskip("apprise")
    text = f"{MINIMAL}notify:\n  - url: discord://hush\n  - url: json://localhost\n  - url: foo://hush\n"
    load(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(str(tmp_path), {}, open_notifiers=True)
    lines = caught.value.problems
    assert [line.partition(": a notify")[0] for line in lines] == [
        "mesharr.yml:4: notify.0",
        "mesharr.yml:6: notify.2",
    ]
    assert "hush" not in "".join(lines)


@pytest.mark.parametrize("kind", ["plex", "emby", "jellyfin"])
def test_the_token_of_a_media_server_is_not_blank(kind: str) -> None:
    server = {"kind": kind, "url": "http://server:1", "token": " "}
    with pytest.raises(ConfigError, match=r"scanners\.0\.token: is empty"):
        parse_config({"libraries": {"m": {"path": "/m"}}, "scanners": [server]}, "mesharr.yml")
