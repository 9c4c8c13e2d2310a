"""Run `mesharr init`: create config and key, by questions on a terminal; or a new mesh."""

import os
import secrets
import socket
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from functools import partial

import msgspec
import typer

from mesharr.bootstrap.files import open_disk
from mesharr.bootstrap.store import mesh_of
from mesharr.bootstrap.store_look import DEADLINE_S
from mesharr.cli.access.config import load, own_words, token_of
from mesharr.cli.access.mounts import KnownMounts, known_mounts
from mesharr.cli.actions.doctor import open_setup
from mesharr.cli.context import Misuse, Session, note, say, session_of
from mesharr.cli.setup import anchor_library, create_mesh, make_config, make_folders, make_key
from mesharr.cli.terminal.busy import busy
from mesharr.cli.wizard.answers import Answers
from mesharr.cli.wizard.dialog import APPS, SERVERS, VARIABLES, Asker, Given, ask
from mesharr.cli.wizard.look import RealHousehold
from mesharr.cli.wizard.run import proven, write_config
from mesharr.cli.wizard.terminal import Terminal, Unattended
from mesharr.config import CONFIG_NAME, Config
from mesharr.core.errors import MesharrError
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.node_setup import NodeSetup
from mesharr.doctor.views import own_file_views, views
from mesharr.log import layout
from mesharr.log.keys import NodeKey
from mesharr.log.mesh import Mesh
from mesharr.settings.starter import node_name_from


class InitOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The options of `mesharr init`."""

    new_mesh: str | None = None
    """The name of the mesh to create; None for none."""
    node: str | None = None
    """The name of this node; None for the host's."""
    anchor: str | None = None
    """The library to create the anchor of; None for none."""
    yes: bool = False
    """Whether every proposal is taken unasked."""
    apps: Sequence[str] = ()
    """Apps as KIND=URL."""
    servers: Sequence[str] = ()
    """Media servers as KIND=URL."""
    store: str | None = None
    """The path of the store; None for the proposed one."""

    @property
    def places(self) -> bool:
        """Whether anything is given that only a new config takes."""
        return bool(self.apps or self.servers or self.store)

    @property
    def for_a_script(self) -> bool:
        """Whether the wizard is asked for and nobody answers it."""
        return self.yes or self.places


def init(context: typer.Context, options: InitOptions) -> None:
    """Create config and key, with --new-mesh the mesh; keep what exists."""
    session = session_of(context)
    make_folders(session)
    asker = _asker(session, options)
    if asker is not None:
        _run_wizard(session, options, asker)
        return
    make_config(session, options.node)
    key = make_key(session)
    config = load(session)
    if options.node is not None and config.node != options.node:
        raise Misuse(f"mesharr.yml names this node {config.node}, not {options.node}", "change `node:` there")
    known = known_mounts(session, config.libraries)
    if options.new_mesh is not None:
        create_mesh(config, options.new_mesh, known)
    if options.anchor is not None:
        anchor_library(config, options.anchor, known)
    _say_where_we_are(session, config, key, known)


def _asker(session: Session, options: InitOptions) -> Asker | None:
    """Return who answers the wizard; None when nobody does, or the config stays as it is."""
    path = os.path.join(session.config_dir, CONFIG_NAME)
    is_person = sys.stdin.isatty() and sys.stdout.isatty() and not options.for_a_script
    if not os.path.lexists(path):
        return Terminal() if is_person else Unattended() if options.for_a_script else None
    if options.for_a_script:
        unused = "; what is given of apps, servers and the store is not written" if options.places else ""
        note(f"{path} is there and stays as it is{unused}")
    elif is_person and options.new_mesh is None and options.anchor is None:
        terminal = Terminal()
        if terminal.confirm(f"{path} is there. Answer all questions again, and replace it?", default=False):
            return terminal
    return None


def set_up_to_join(session: Session) -> None:
    """Have the user of this terminal answer the wizard, for a node that joins a mesh."""
    make_folders(session)
    _write_answers(session, InitOptions(), Terminal())


def _write_answers(session: Session, options: InitOptions, asker: Asker) -> tuple[Answers, NodeKey]:
    """Ask all questions, write config and key, and have wrong folders corrected."""
    with closing(open_disk(DEADLINE_S)) as disk:
        household = RealHousehold(disk)
        answers = ask(_given(session, options), asker, household)
        write_config(session.config_dir, answers)
        key = make_key(session)
        prove = partial(_results, session, own_file_views)
        return proven(session.config_dir, answers, asker, household.surroundings, prove), key


def _run_wizard(session: Session, options: InitOptions, asker: Asker) -> None:
    answers, key = _write_answers(session, options, asker)
    config = load(session)
    known = known_mounts(session, config.libraries)
    name = options.new_mesh
    if name is None and not answers.store.mesh and asker.is_person:
        question = "Is this the first household? Then name the mesh (- when another one has created it)"
        name = asker.text(question, "home" if answers.libraries else "-")
    if name not in {None, "-"}:
        create_mesh(config, str(name), known)
    mesh = _say_where_we_are(session, config, key, known)
    if mesh is None:
        return
    sound = _prove_with_anchors(session, answers, asker)
    _say_what_is_next(mesh, created=name not in {None, "-"}, sound=sound)


def _prove_with_anchors(session: Session, answers: Answers, asker: Asker) -> bool:
    """Have corrected what only an anchor shows to be wrong; return whether nothing is."""
    wrong: list[CheckResult] = []

    def prove() -> Sequence[CheckResult]:
        wrong[:] = [each for each in _results(session, views) if each.level == "wrong"]
        return wrong

    with closing(open_disk(DEADLINE_S)) as disk:
        proven(session.config_dir, answers, asker, RealHousehold(disk).surroundings, prove)
    return not wrong


def _results(session: Session, check: Callable[[NodeSetup], Iterator[CheckResult]]) -> Sequence[CheckResult]:
    with busy("proving the folders"), open_setup(session, load(session)) as setup:
        return tuple(check(setup))


def _given(session: Session, options: InitOptions) -> Given:
    environ = session.environ
    name = options.node or environ.get("MESHARR__NODE") or node_name_from(socket.gethostname())
    apps = _by_kind(options.apps, APPS, "--app")
    servers = _by_kind(options.servers, SERVERS, "--server")
    known = {kind: found for kind, variable in VARIABLES.items() if (found := environ.get(variable))}
    for kind in (*apps, *servers):
        if kind not in known:
            raise Misuse(f"{kind} is given, and nothing to log in with", f"export {VARIABLES[kind]}=…")
    return Given(
        node=name,
        apps=apps,
        servers=servers,
        secrets=known,
        store=options.store or "",
        api_key=secrets.token_hex(16),
    )


def _by_kind(words: Sequence[str], known: Mapping[str, str], option: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in words:
        kind, equals, url = word.partition("=")
        if kind not in known or not equals:
            raise Misuse(f"{option} {word} is no KIND=URL", f"kinds: {', '.join(known)}")
        found[kind] = url
    return found


def _say_where_we_are(session: Session, config: Config, key: NodeKey, known: KnownMounts) -> Mesh | None:
    """Print this node's mesh and token; return the mesh, None while the store has none."""
    try:
        mesh = mesh_of(config, known.store)
    except MesharrError as error:
        say(f"this node is {config.node}; its store is unavailable: {error}")
        say(f"next: edit {os.path.join(session.config_dir, 'mesharr.yml')}; then: mesharr config check")
        say("after that, in the first household: mesharr init --new-mesh NAME; in others: mesharr join TOKEN")
        return None
    say(f"this node is {config.node}, in the mesh {mesh.name} ({mesh.id}); give its token to the others:")
    say(token_of(config, key, mesh.id))
    say(own_words(layout.node_id(config.node, key.public), key))
    return mesh


def _say_what_is_next(mesh: Mesh, *, created: bool, sound: bool) -> None:
    if not sound:
        say("first: correct in mesharr.yml what is wrong above; mesharr doctor checks it again")
    if created:
        say("next: mesharr run; beside it: mesharr connect; the others: mesharr join TOKEN")
    else:
        say(f"next: mesharr join TOKEN, with the token of somebody in {mesh.name}; then mesharr run")
