"""Find what is wrong with a tree of settings, with the place and what is expected there."""

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from mesharr.core.paths import unicode_form
from mesharr.core.text import printable
from mesharr.settings.certificates import ca_problem
from mesharr.settings.document import Place, Problem, Value
from mesharr.settings.field_types import OWN_RC
from mesharr.settings.models import Config
from mesharr.settings.value_formats import seconds

# no errors of their own: the default could not be computed because of another error
_ECHOES = {"default_factory_not_called"}
_SAID = {
    "missing": "is missing",
    "string_type": "must be text: put it in quotes",
    "model_type": "must be a group of keys",
    "model_attributes_type": "must be a group of keys",
    "dict_type": "must be a group of keys",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
}


def shape_problems(error: ValidationError, model: type[BaseModel], above: Place = ()) -> list[Problem]:
    """Return the problems that pydantic found, at places below `above`.

    Of a setting that takes one of some words the wrong word is named; no other value is, as it may be secret.
    """
    return [
        _shape_problem(found["type"], found["loc"], _message_of(found), model, above)
        for found in error.errors(include_url=False, include_context=False)
        if found["type"] not in _ECHOES
    ]


def _shape_problem(kind: str, loc: Place, message: str, model: type[BaseModel], above: Place) -> Problem:
    if kind == "extra_forbidden":
        known = _keys_at(model, loc[:-1])
        return Problem((*above, *loc[:-1]), _unknown(str(loc[-1]), known), key=str(loc[-1]))
    place = tuple(part for part in loc if part != "[key]")
    said = _SAID.get(kind) or message.removeprefix("Value error, ")
    return Problem((*above, *place), said[:1].lower() + said[1:])


def _unknown(key: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(key.lower(), sorted(known), 1, 0.5)
    hint = f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(sorted(known))
    return f"unknown key {key!r} ({hint})"


def _message_of(found: ErrorDetails) -> str:
    """Return what pydantic says; of a word that is none of its list, that word and the nearest."""
    word, message = found["input"], found["msg"]
    known = re.findall(r"'([^']*)'", message)
    if found["type"] != "literal_error" or not isinstance(word, str) or not known:
        return message
    near = difflib.get_close_matches(word.lower(), known, 1)
    hint = f"did you mean {near[0]!r}?" if near else "known: " + ", ".join(known)
    return f"unknown word {printable(word, 40)!r} ({hint})"


def _keys_at(model: type[BaseModel], place: Place) -> tuple[str, ...]:
    """Return the keys that a model allows at a place below it."""
    at: Any = model
    for part in place:
        if _is_model(at):
            field = at.model_fields.get(str(part))
            at = field.annotation if field else None
        else:
            at = _model_in(at)  # a name or an index inside a dict or a tuple
    at = _model_in(at)
    return tuple(at.model_fields) if _is_model(at) else ()


def _is_model(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _model_in(annotation: Any) -> Any:
    """Return the model in an annotation such as `dict[str, Model]`; None without one."""
    if _is_model(annotation):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def cross_problems(tree: Mapping[str, Value], arrs: frozenset[str]) -> list[Problem]:
    """Return the contradictions between settings that are each well-formed."""
    apps, libraries = _groups(tree, "apps"), _groups(tree, "libraries")
    uploads = tree.get("uploads")
    mode = uploads.get("mode", "move") if isinstance(uploads, dict) else "move"
    return [
        *_app_problems(apps, arrs),
        *_rc_problems(uploads if isinstance(uploads, dict) else {}),
        *_library_problems(libraries, apps, str(mode)),
        *_shared_problems(libraries),
        *_scanner_problems(tree.get("scanners"), libraries),
        *_notifier_problems(tree.get("notify"), libraries),
        *_certificate_problems(tree),
    ]


def _rc_problems(uploads: Mapping[str, Value]) -> Iterator[Problem]:
    rclone = uploads.get("rclone")
    rc = rclone.get("rc") if isinstance(rclone, dict) else None
    if rc and str(rc) != OWN_RC and uploads.get("bwlimit"):
        what = "has no effect on an rclone of yours: start that with --bwlimit, or set uploads.rclone.rc: own"
        yield Problem(("uploads", "bwlimit"), what)


def _groups(tree: Mapping[str, Value], section: str) -> dict[str, dict[str, Value]]:
    found = tree.get(section)
    entries = found.items() if isinstance(found, dict) else ()
    return {name: entry for name, entry in entries if isinstance(entry, dict)}


def _app_problems(apps: Mapping[str, Mapping[str, Value]], arrs: frozenset[str]) -> Iterator[Problem]:
    for name, app in apps.items():
        if str(app.get("kind")) not in arrs:
            known = ", ".join(sorted(arrs))
            yield Problem(("apps", name), f"unknown kind {app.get('kind')!r}: set kind to one of {known}")


def _library_problems(
    libraries: Mapping[str, Mapping[str, Value]], apps: Mapping[str, object], mode: str
) -> Iterator[Problem]:
    for name, library in libraries.items():
        app, place = library.get("app"), ("libraries", name)
        if isinstance(app, str) and app not in apps:
            known = ", ".join(sorted(apps)) or "none"
            yield Problem((*place, "app"), f"apps has no {app!r} (known: {known})")
        if app is not None and not library.get("root"):
            yield Problem(place, "is missing root: the root folder as the app sees it")
        if library.get("local") and not library.get("remote") and mode in {"move", "copy"}:
            yield Problem(place, "has local but no remote to upload to: set remote, or uploads.mode: none")
        if library.get("local") and _nested(library.get("local"), _cloud(library)):
            # an uploaded file would be removed from the drive as the local one
            key = "cloud" if "cloud" in library else "path"
            yield Problem(
                (*place, "local"), f"is the same as, above or below {key}: files wait there for upload"
            )


def _shared_problems(libraries: Mapping[str, Mapping[str, Value]]) -> Iterator[Problem]:
    """Yield the libraries that contain the same files."""
    named = list(libraries.items())
    for index, (name, library) in enumerate(named):
        for other, earlier in named[:index]:
            same_app = library.get("app") is not None and library.get("app") == earlier.get("app")
            if same_app and _nested(_form(library.get("root")), _form(earlier.get("root"))):
                yield Problem(
                    ("libraries", name, "root"), f"is the same as, above or below the root of {other}"
                )
            if _cloud(library) and _nested(_cloud(library), _cloud(earlier)):
                key = "cloud" if "cloud" in library else "path"
                yield Problem(
                    ("libraries", name, key), f"is the same as, above or below the folder of {other}"
                )


def _cloud(library: Mapping[str, Value]) -> Value:
    return library.get("cloud") or library.get("path")


def _form(root: Value) -> Value:
    """Return the one Unicode form of a root: its app may list it in any."""
    return unicode_form(root) if isinstance(root, str) else root


def _nested(one: Value, other: Value) -> bool:
    if not isinstance(one, str) or not isinstance(other, str):
        return False
    first, second = (text.rstrip("/") + "/" for text in (one, other))
    return first.startswith(second) or second.startswith(first)


def _scanner_problems(entries: Value, libraries: Mapping[str, object]) -> Iterator[Problem]:
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        for key in ("paths", "only"):
            names = entry.get(key) if isinstance(entry, dict) else None
            for name in names if isinstance(names, list | dict) else []:
                if str(name) not in libraries:
                    yield Problem(("scanners", index, key), f"libraries has no {name!r}")
        for key in ("again_after", "pause"):
            yield from _duration_problems(entry, ("scanners", index, key))


def _notifier_problems(entries: Value, libraries: Mapping[str, object]) -> Iterator[Problem]:
    for index, entry in enumerate(entries if isinstance(entries, list) else []):
        names = entry.get("libraries") if isinstance(entry, dict) else None
        for name in names if isinstance(names, list) else []:
            if str(name) not in libraries:
                yield Problem(("notify", index, "libraries"), f"libraries has no {name!r}")
        yield from _duration_problems(entry, ("notify", index, "gather"))


def _duration_problems(entry: Value, place: Place) -> Iterator[Problem]:
    text = entry.get(str(place[-1])) if isinstance(entry, dict) else None
    if isinstance(text, str) and text:
        try:
            seconds(text)
        except ValueError as error:
            yield Problem(place, str(error))


def _certificate_problems(tree: Mapping[str, Value]) -> Iterator[Problem]:
    scanners = tree.get("scanners")
    entries: list[tuple[Place, str, Value]] = [
        *((("apps", name), "ca_file", app) for name, app in _groups(tree, "apps").items()),
        *(
            (("scanners", n), "ca_file", each)
            for n, each in enumerate(scanners if isinstance(scanners, list) else [])
        ),
        (("store",), "rc_ca_file", tree.get("store")),
        *((("libraries", name), "rc_ca_file", each) for name, each in _groups(tree, "libraries").items()),
    ]
    for place, key, entry in entries:
        file = entry.get(key) if isinstance(entry, dict) else None
        if isinstance(file, str) and file and (problem := ca_problem(file)):
            yield Problem((*place, key), problem)


API_KEY: Final = "server.api_key"


def missing_settings(config: Config) -> list[str]:
    """Return what is not named, each as `KEY: consequence`; `server.api_key` is not among them."""
    scans = bool(config.scanners)
    unused = [] if scans else [name for name, library in config.libraries.items() if not library.app]
    managed = {library.app for library in config.libraries.values()}
    idle = [name for name in config.apps if name not in managed]
    found: list[str] = []
    if not config.apps and not (scans and config.libraries):
        found.append("apps: nothing of this household is published, and nothing is added here")
    if not config.libraries:
        found.append("libraries: this node reads its peers' events and does nothing")
    if unused:
        found.append(f"an app in {', '.join(unused)}, or a media server: nothing is done there")
    if idle:
        found.append(f"a library whose app is {', '.join(idle)}: what happens there is not published")
    return found
