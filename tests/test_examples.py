"""The example files of `docs/examples/` and the workflows: each is what the program that reads it accepts."""

import configparser
import importlib.resources
import json
import re
import shlex
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema  # type: ignore[import-untyped]  # it ships no types
import pytest
import yaml

from mesharr.config import load_config
from mesharr.uploads.cloudplow import Cloudplow, CloudplowFolder, CloudplowSettings

REPOSITORY = Path(__file__).parent.parent
EXAMPLES = REPOSITORY / "docs" / "examples"
SETUPS = sorted(path.parent.name for path in EXAMPLES.glob("*/mesharr.yml"))
COMPOSES = sorted(EXAMPLES.glob("*/compose.yml"))
UNITS = sorted(EXAMPLES.glob("*/*.service"))
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))
OF_THE_IMAGE = {"PUID", "PGID", "UMASK", "TZ"}
"""The variables that the entry script reads itself."""
_TAG = re.compile(r"!env_var (\w+)")


class _Yaml12(yaml.SafeLoader):
    """YAML in which `on` is a word, as compose files and workflows are read."""


_Yaml12.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in forms if tag != "tag:yaml.org,2002:bool" or first in "tTfF"]
    for first, forms in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds."""
    return yaml.load(path.read_text(), _Yaml12)


def errors_by_schema(name: str, document: Any) -> list[str]:
    """Return what a schema that check-jsonschema carries does not accept."""
    folder = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / f"{name}.json").read_text())
    found = jsonschema.validators.validator_for(schema)(schema).iter_errors(document)
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in found]


def named(paths: list[Path]) -> list[str]:
    """Return short names of files, for the ids of tests."""
    return [f"{path.parent.name}/{path.name}" for path in paths]


def services(path: Path) -> Mapping[str, Any]:
    """Return the services of a compose file by name."""
    found: Mapping[str, Any] = read_yaml(path)["services"]
    return found


def given_to(setup: str) -> set[str]:
    """Return the variables that a set-up gives to mesharr."""
    folder = EXAMPLES / setup
    if (folder / "compose.yml").exists():
        return set(services(folder / "compose.yml")["mesharr"]["environment"])
    if (folder / "mesharr.xml").exists():
        return {
            each.attrib["Target"] for each in template_settings(folder) if each.attrib["Type"] == "Variable"
        }
    return set(_TAG.findall((folder / "mesharr.yml").read_text()))  # /etc/mesharr.env of the unit


def template_settings(folder: Path) -> list[ElementTree.Element]:
    """Return the settings of an Unraid template."""
    root = ElementTree.parse(folder / "mesharr.xml").getroot()
    assert root.tag == "Container"
    return root.findall("Config")


@pytest.mark.parametrize("setup", SETUPS)
def test_every_mesharr_yml_is_accepted_and_its_variables_are_given(setup: str) -> None:
    named = set(_TAG.findall((EXAMPLES / setup / "mesharr.yml").read_text()))
    given = given_to(setup)
    assert named <= given, f"{named - given} is in no environment"
    overrides = {name for name in given - named - OF_THE_IMAGE if name.startswith("MESHARR__")}
    assert given <= named | overrides | OF_THE_IMAGE, "a variable that nobody reads"
    environ = dict.fromkeys(named, "k") | {
        name: "http://u:p@rclone:5572" if name.endswith("__RC") else "k" for name in overrides
    }
    config = load_config(str(EXAMPLES / setup), environ)
    assert config.server.api_key is not None, "the page and the webhooks need a key"


@pytest.mark.parametrize("setup", SETUPS)
def test_in_every_setup_the_store_is_on_the_drive_and_the_new_files_go_to_where_it_is_mounted(
    setup: str,
) -> None:
    given = dict.fromkeys(_TAG.findall((EXAMPLES / setup / "mesharr.yml").read_text()), "k")
    config = load_config(str(EXAMPLES / setup), given)
    mount = str(Path(config.store.path).parent)
    for name, library in config.libraries.items():
        assert library.cloud.startswith(f"{mount}/"), f"{name} is not on the drive of the store"
        if library.local:
            assert library.remote == f"drive:Media/{library.cloud.removeprefix(mount)[1:]}"
            assert library.path not in {library.cloud, library.local}, "a union of both is needed"
        else:
            assert config.uploads.mode == "none"


@pytest.mark.parametrize("path", COMPOSES, ids=named(COMPOSES))
def test_every_compose_file_is_one_and_every_mount_is_seen_again_after_a_restart(path: Path) -> None:
    assert errors_by_schema("compose-spec", read_yaml(path)) == []
    for name, service in services(path).items():
        for volume in service.get("volumes", ()):
            source, target, *options = volume.split(":")
            if source.startswith("/mnt"):
                assert {"rslave", "rshared"} & set(",".join(options).split(",")), f"{name}: {volume}"
                assert source == target, f"{name}: the paths of one program are those of all others"
        for other in service.get("depends_on", {}):
            assert "healthcheck" in services(path)[other], f"{other} says nothing of its health"


def test_the_full_stack_has_all_programs_and_mesharr_needs_no_right_but_to_write_its_folder() -> None:
    found = services(EXAMPLES / "full-stack" / "compose.yml")
    assert set(found) == {"rclone", "mergerfs", "radarr", "sonarr", "plex", "autoscan", "mesharr"}
    mine = found["mesharr"]
    assert (mine["read_only"], mine["cap_drop"], mine["user"]) == (True, ["ALL"], "1000:1000")
    variables = set(re.findall(r"\$\{(\w+)", (EXAMPLES / "full-stack" / "compose.yml").read_text()))
    example = (EXAMPLES / "full-stack" / "env.example").read_text()
    assert variables == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    autoscan = read_yaml(EXAMPLES / "full-stack" / "autoscan" / "config.yml")
    assert {"minimum-age", "authentication", "targets"} <= set(autoscan)


def read_unit(path: Path) -> configparser.ConfigParser:
    """Return a unit of systemd; of a key that stands twice the last value."""
    unit = configparser.ConfigParser(strict=False, interpolation=None, delimiters="=", comment_prefixes="#")
    unit.optionxform = str  # type: ignore[assignment,method-assign]  # systemd's keys have capitals
    unit.read_string(path.read_text().replace("\\\n", " "))
    return unit


@pytest.mark.parametrize("path", UNITS, ids=named(UNITS))
def test_every_unit_is_one(path: Path, tmp_path: Path) -> None:
    unit = read_unit(path)
    assert {"Unit", "Service", "Install"} <= set(unit.sections())
    words = shlex.split(unit["Service"]["ExecStart"])
    assert words[0].startswith("/")
    if not shutil.which("systemd-analyze"):
        return
    # the programs and the user need not be on this machine
    text = re.sub(r"=(-?)/\S+(?=[ \n])", r"=\1/bin/true", path.read_text())
    copy = tmp_path / path.name
    copy.write_text(re.sub(r"(?m)^(User|Group|EnvironmentFile|ReadWritePaths)=.*\n", "", text))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
    )
    assert [line for line in done.stderr.splitlines() if path.name in line] == []


def test_the_unraid_template_gives_what_the_image_takes() -> None:
    folder = EXAMPLES / "unraid"
    settings = {each.attrib["Target"]: each.attrib for each in template_settings(folder)}
    assert settings["9494"]["Type"] == "Port"
    assert settings["/config"]["Type"] == "Path"
    assert "slave" in settings["/mnt/user"]["Mode"]
    secret = {name for name in settings if "KEY" in name or "TOKEN" in name}
    assert all(settings[name]["Mask"] == "true" for name in secret)
    assert {"PUID", "PGID", "UMASK"} <= set(settings)


def test_the_cloudplow_of_the_example_uploads_its_library_to_where_it_belongs() -> None:
    folder = EXAMPLES / "cloudplow"
    given = dict.fromkeys(_TAG.findall((folder / "mesharr.yml").read_text()), "k")
    movies = load_config(str(folder), given).libraries["movies"]
    assert movies.local
    uploads = Cloudplow(
        CloudplowSettings(config=str(folder / "config.json")),
        {"movies": CloudplowFolder(movies.local, movies.remote or "")},
        lambda _folder: False,
    )
    uploads.check("movies")  # else it raises
    remote = json.loads((folder / "config.json").read_text())["remotes"]["drive"]
    assert "/.mesharr/**" in remote["rclone_excludes"]


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.name for path in WORKFLOWS])
def test_every_workflow_is_one(path: Path) -> None:
    assert errors_by_schema("github-workflows", read_yaml(path)) == []


def test_the_image_is_published_as_1_and_1_2_and_edge_for_two_machines_with_its_attestation() -> None:
    steps = read_yaml(REPOSITORY / ".github" / "workflows" / "image.yml")["jobs"]["publish"]["steps"]
    used = {step["uses"].partition("@")[0]: step.get("with", {}) for step in steps if "uses" in step}
    tags = used["docker/metadata-action"]["tags"].split("\n")
    assert [tag.partition(",enable")[0] for tag in tags if tag] == [
        "type=semver,pattern={{major}}",
        "type=semver,pattern={{major}}.{{minor}}",
        "type=edge,branch=main",
    ]
    assert used["docker/metadata-action"]["flavor"] == "latest=false"
    assert used["docker/build-push-action"]["platforms"] == "linux/amd64,linux/arm64"
    assert used["actions/attest-build-provenance"]["subject-digest"]


def _example_files() -> Iterator[str]:
    for path in sorted(EXAMPLES.rglob("*")):
        if path.is_file():
            yield path.relative_to(EXAMPLES).as_posix()


def test_every_example_file_is_named_by_a_page() -> None:
    pages = "".join(page.read_text() for page in (REPOSITORY / "docs").glob("*.md"))
    assert [name for name in _example_files() if f"examples/{name}" not in pages] == []
