"""Find what settings, each well-formed, contradict or lack."""

from collections.abc import Iterator, Mapping
from typing import Final

from mesharr.core.paths import unicode_form
from mesharr.settings.certificates import ca_problem
from mesharr.settings.document import Place, Problem, Value
from mesharr.settings.field_types import OWN_RC
from mesharr.settings.formats.value_formats import seconds
from mesharr.settings.models import Config


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
