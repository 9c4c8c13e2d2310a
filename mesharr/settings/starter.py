"""Find the starter config, beside the package or inside it, and the JSON schema."""

import os
import re
from contextlib import suppress

import mesharr

WHEEL_NAME = "starter.yml"
CHECKOUT_NAME = "mesharr.yml"
SCHEMA_NAME = "mesharr.schema.json"
"""The JSON schema of mesharr.yml, by which editors complete and check it."""
SCHEMA = os.path.join(os.path.dirname(__file__), SCHEMA_NAME)
"""Where it is; `mesharr config schema` prints it anew from the models."""
_NODE_LINE = re.compile(r"^node: .*$", re.MULTILINE)
_NOT_NAME = re.compile(r"[^a-z0-9]+")


def package_dir() -> str:
    """Return the directory of the running package."""
    return os.path.dirname(os.path.abspath(mesharr.__file__))


def starter_path(package: str) -> str:
    """Return the path of the starter file for a package directory.

    The build of a wheel puts it into the package; a checkout, also one that is installed editable, has it
    beside the package.
    """
    inside = os.path.join(package, WHEEL_NAME)
    return inside if os.path.isfile(inside) else os.path.join(os.path.dirname(package), CHECKOUT_NAME)


def write_schema(config_dir: str) -> None:
    """Put the schema of this version beside mesharr.yml, whose first line names it to editors.

    It is no loss where that is impossible.
    """
    target = os.path.join(config_dir, SCHEMA_NAME)
    with suppress(OSError):
        with open(SCHEMA, "rb") as file:
            content = file.read()
        with suppress(FileNotFoundError), open(target, "rb") as file:
            if file.read() == content:
                return
        with open(target, "wb") as file:
            file.write(content)


def starter_text(node: str, package: str | None = None) -> str:
    """Return the starter file for a node of this name."""
    with open(starter_path(package or package_dir()), encoding="utf-8") as stream:
        return _NODE_LINE.sub(f"node: {node}", stream.read(), count=1)


def node_name_from(host: str) -> str:
    """Return a name for a node made from a host name: `Alice-NAS.lan` gives `alice-nas`."""
    return _NOT_NAME.sub("-", host.partition(".")[0].lower()).strip("-")[:24].strip("-") or "node"
