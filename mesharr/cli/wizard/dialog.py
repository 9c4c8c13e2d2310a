"""Ask a household about its setup, question by question, and return the answers.

What a question proposes and what follows from an answer is decided here; `Asker` is the terminal, or takes
every proposal for a script, and `Household` looks at programs and disks.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Generic, Protocol, TypeVar

import msgspec

from mesharr.cli.wizard.answers import Answers, App, Server
from mesharr.cli.wizard.places import (
    LibraryPlan,
    StorePlan,
    Surroundings,
    plan_library,
    plan_store,
    rclone_config_of,
    remote_of,
)
from mesharr.core.errors import KeyRefused, MesharrError
from mesharr.settings.field_types import node_name


class Asker(Protocol):
    """Who answers."""

    def text(self, question: str, default: str = "", *, secret: bool = False) -> str:
        """Return the answer, `default` for an empty one."""
        ...

    def confirm(self, question: str, *, default: bool = True) -> bool:
        """Return whether the answer is yes."""
        ...

    def tell(self, text: str) -> None:
        """Show a line."""
        ...

    @property
    def is_person(self) -> bool:
        """Whether an answer can be corrected when it turns out to be wrong."""
        ...


class Household(Protocol):
    """The programs and disks of a household."""

    def app_urls(self) -> Mapping[str, str]:
        """Return where an app of each kind answers, of those that do at a usual address."""
        ...

    def server_urls(self) -> Mapping[str, str]:
        """Return where a media server of each kind answers, at the usual addresses."""
        ...

    def open_app(self, kind: str, url: str, api_key: str) -> tuple[str, ...]:
        """Return the root folders of an app; raise when it does not answer or accept the key."""
        ...

    def check_server(self, kind: str, url: str, token: str) -> None:
        """Return when a media server answers and accepts the token; raise what it raises otherwise."""
        ...

    def surroundings(self) -> Surroundings:
        """Return the mounts and remotes that mesharr sees."""
        ...


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What the command line and the environment say beforehand."""

    node: str
    """The name of this node, to be proposed."""
    apps: Mapping[str, str] = {}
    """URLs by kind of app."""
    servers: Mapping[str, str] = {}
    """URLs by kind of media server."""
    secrets: Mapping[str, str] = {}
    """API keys and tokens by kind."""
    store: str = ""
    """The path of the store, "" for the proposed one."""
    api_key: str
    """The key of the webhooks and the page, drawn at random."""


APPS = {"radarr": "Radarr", "sonarr": "Sonarr", "lidarr": "Lidarr", "readarr": "Readarr"}
SERVERS = {"plex": "Plex", "jellyfin": "Jellyfin", "emby": "Emby"}
VARIABLES = {kind: f"{kind.upper()}_API_KEY" for kind in APPS} | {
    kind: f"{kind.upper()}_TOKEN" for kind in SERVERS
}
"""The variable of the environment that has the secret of each kind, for a script."""
NONE = "-"
"""The answer that leaves something out."""
_APP_KEY = "its API key, from Settings > General"
_TOKENS = {
    "plex": "its X-Plex-Token (see support.plex.tv/articles/204059436)",
    "jellyfin": "an API key of it, from Dashboard > API Keys",
    "emby": "an API key of it, from Settings > API Keys",
}
T = TypeVar("T")
_FIELDS = {
    "path": "the folder with the whole library, as mesharr sees it",
    "cloud": "the same folder on the rclone mount itself (- for the same as path)",
    "local": "the folder that takes new files before their upload (- for none)",
    "remote": "where rclone uploads them to, such as gdrive:Movies",
}


def ask(given: Given, asker: Asker, household: Household) -> Answers:
    """Ask all questions; return the answers."""
    node = _node(given, asker)
    apps = _apps(given, asker, household)
    servers = _servers(given, asker, household)
    here = household.surroundings()
    _tell_mounts(asker, here)
    libraries = _libraries(asker, apps, here)
    store = _store(given, asker, libraries, here)
    return Answers(
        node=node,
        store=store,
        apps=apps,
        libraries=libraries,
        servers=servers,
        rclone_config=rclone_config_of(libraries, here),
        api_key=given.api_key,
    )


def _node(given: Given, asker: Asker) -> str:
    while True:
        name = asker.text("The name of this household's node (a-z, 0-9 and -); it stays", given.node)
        try:
            return node_name(name)
        except ValueError as error:
            if not asker.is_person:
                raise
            asker.tell(f"  {error}")


# -- programs


def _apps(given: Given, asker: Asker, household: Household) -> tuple[App, ...]:
    found = {**household.app_urls(), **given.apps}
    apps: list[App] = []
    for kind, title in APPS.items():
        url, key = found.get(kind, ""), given.secrets.get(kind, "")
        while answered := _connected(asker, kind, url, key, _APP_KEY, partial(household.open_app, kind)):
            roots = answered.result
            number = sum(app.kind == kind for app in apps)
            name = f"{kind}-{number + 1}" if number else kind
            apps.append(App(name=name, kind=kind, url=answered.url, api_key=answered.secret, roots=roots))
            asker.tell(f"  {title} answers; root folders: {', '.join(roots) or 'none yet'}")
            if not asker.is_person or not asker.confirm(f"Is there another {title}?", default=False):
                break
            url = key = ""
    return tuple(apps)


def _servers(given: Given, asker: Asker, household: Household) -> tuple[Server, ...]:
    found = {**household.server_urls(), **given.servers}
    servers: list[Server] = []
    for kind, title in SERVERS.items():
        url, key = found.get(kind, ""), given.secrets.get(kind, "")
        check = partial(household.check_server, kind)
        if answered := _connected(asker, kind, url, key, _TOKENS[kind], check):
            servers.append(Server(kind, answered.url, answered.secret))
            asker.tell(f"  {title} answers and accepts the key")
    return tuple(servers)


class _Answered(msgspec.Struct, Generic[T], frozen=True):
    """A program that answers and accepts the secret."""

    url: str
    secret: str
    result: T


def _connected(
    asker: Asker, kind: str, url: str, secret: str, what: str, open_: Callable[[str, str], T]
) -> _Answered[T] | None:
    """Ask for URL and secret of a program until it accepts them, or is left out (None)."""
    title = (APPS | SERVERS)[kind]
    if url:
        asker.tell(f"{title} may be at {url}")
    right_url = ""
    while True:
        url = right_url or _url(asker, title, url)
        if url == NONE:
            return None
        secret = asker.text(f"  {what} ({NONE} to leave {title} out)", secret or NONE, secret=True)
        if secret == NONE:
            lacks = "nothing to log in with is given" if asker.is_person else f"{VARIABLES[kind]} is not set"
            asker.tell(f"  {title} is left out: {lacks}")
            return None
        try:
            return _Answered(url, secret, open_(url, secret))
        except MesharrError as error:
            if not asker.is_person:
                raise
            key_alone = isinstance(error, KeyRefused)
            asker.tell(f"  {error.what}" if key_alone else f"  {error}")  # its fix is of mesharr.yml
            right_url, secret = (url if key_alone else ""), ""


def _url(asker: Asker, title: str, proposed: str) -> str:
    """Ask for the URL of a program, `NONE` for none: `host:port` is one too, and a key is none."""
    while True:
        answer = asker.text(f"URL of {title} ({NONE} for none)", proposed or NONE).rstrip("/")
        if answer == NONE or "://" in answer or not asker.is_person:
            return answer
        if re.fullmatch(r"[\w-]{20,}", answer) is None:
            return f"http://{answer}"
        asker.tell("  that looks like a key: it is asked for next; the URL is such as http://localhost:7878")


# -- places


def _tell_mounts(asker: Asker, here: Surroundings) -> None:
    for drive in here.drives:
        rc = f", remote control at {drive.rc}" if drive.rc else ""
        asker.tell(f"rclone mounts {drive.remote or 'a remote'} at {drive.point}{rc}")
    for union in here.unions:
        of = f" of {', '.join(union.branches)}" if union.branches else ""
        asker.tell(f"mergerfs mounts a union{of} at {union.point}")
    if not here.drives:
        asker.tell("no rclone mount is visible here")
    if here.remotes:
        asker.tell(f"rclone's remotes: {', '.join(here.remotes)}")


def _libraries(asker: Asker, apps: Sequence[App], here: Surroundings) -> tuple[LibraryPlan, ...]:
    plans: list[LibraryPlan] = []
    for app in apps:
        for root in app.roots:
            taken = [each.name for each in plans]
            plan = plan_library(app.name, app.kind, root, here, taken)
            asker.tell(f"{APPS[app.kind]}'s {root}:")
            tell_plan(asker, plan)
            if not asker.confirm("  is this right?"):
                if not asker.confirm("  is it on the shared drive at all?"):
                    continue
                plan = correct(asker, plan, here)
            plans.append(_with_remote(asker, plan))
    return tuple(plans)


def _with_remote(asker: Asker, plan: LibraryPlan) -> LibraryPlan:
    """Ask where a library's files are uploaded to, if that is not known; without it nothing is."""
    if not plan.local or plan.remote:
        return plan
    remote = asker.text(f"  remote: {_FIELDS['remote']} ({NONE} to upload nothing)", NONE)
    if remote != NONE:
        return msgspec.structs.replace(plan, remote=remote)
    asker.tell(f"  local is left out: nobody knows yet where to upload {plan.local} to")
    return msgspec.structs.replace(plan, local="")


def tell_plan(asker: Asker, plan: LibraryPlan) -> None:
    """Show a library as it would stand in mesharr.yml."""
    for key, value in msgspec.to_builtins(plan).items():
        if value and key != "app":
            asker.tell(f"    {key + ':':8}{value}")


def correct(asker: Asker, plan: LibraryPlan, here: Surroundings) -> LibraryPlan:
    """Ask for each folder of a library; the present one is the default."""
    name = asker.text("  its name, the same in every household", plan.name)
    found = {"path": plan.path, "cloud": plan.cloud, "local": plan.local, "remote": plan.remote}
    for key, question in _FIELDS.items():
        if key == "remote":
            on_drive = found["cloud"] or found["path"]
            found[key] = remote_of(on_drive, here) or found[key]
            if not found["local"]:
                found[key] = ""
                continue
        answer = asker.text(f"  {key}: {question}", found[key] or NONE)
        found[key] = "" if answer == NONE else answer.rstrip("/")
    return msgspec.structs.replace(plan, name=name, **found)


def _store(given: Given, asker: Asker, libraries: Sequence[LibraryPlan], here: Surroundings) -> StorePlan:
    plan = plan_store(libraries, here, given.store)
    path = asker.text("The directory on the shared drive for the events of the households", plan.path)
    if path != plan.path:
        plan = plan_store(libraries, here, path)
    asker.tell(f"  the mesh {plan.mesh} is there" if plan.mesh else "  no mesh is there yet")
    return plan
