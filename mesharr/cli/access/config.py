"""Load the config of a session, or its outline for commands that only read."""

from typing import TYPE_CHECKING

from mesharr.bootstrap.node_key import load_key
from mesharr.cli.context import Misuse, Session
from mesharr.core.errors import MesharrError
from mesharr.log import layout
from mesharr.log.keys import NodeKey, Token, token_text, words_of
from mesharr.settings.outline import Outline, kept_outline

if TYPE_CHECKING:
    from mesharr.settings.models import Config


def load(session: Session) -> "Config":
    """Return the config of a session."""
    from mesharr.config import load_config  # noqa: PLC0415 - it needs pydantic, and every adapter

    return load_config(session.config_dir, session.environ)


def check_library(config: "Config", library: str) -> None:
    """Raise `Misuse` unless mesharr.yml has a library of this name with an app."""
    with_app = [name for name, each in config.libraries.items() if each.app]
    if library not in with_app:
        listed = ", ".join(with_app) or "none"
        raise Misuse(f"mesharr.yml has no library {library} with an app", f"known: {listed}")


def outline(session: Session) -> Outline:
    """Return what reading commands need of the config of a session.

    Raises:
        ConfigError: the config is missing or wrong.

    """
    found = kept_outline(session.config_dir, session.environ)
    if found is None:
        from mesharr.config import load_outline  # noqa: PLC0415 - only once after each change of mesharr.yml

        found = load_outline(session.config_dir, session.environ)
    return found


def node_of(session: Session, config: "Config | Outline") -> str:
    """Return this node's id; raise `BadKey` when it has no key."""
    return layout.node_id(config.node, load_key(session.config_dir).public)


def node_if_known(session: Session) -> str:
    """Return this node's id, "" while config or key are missing or unusable."""
    try:
        return node_of(session, outline(session))
    except MesharrError:
        return ""


def token_of(config: "Config | Outline", key: NodeKey, mesh_id: str) -> str:
    """Return the token that peers trust this node with."""
    return token_text(Token(mesh_id, config.node, key.public))


def own_words(node: str, key: NodeKey) -> str:
    """Return the line with which the user of this node answers who asks for its words."""
    return f"the fingerprint words of this node, {node}: {words_of(key.public)}"
