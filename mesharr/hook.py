"""Store an event in the spool, when an app runs `mesharr hook` as its custom script.

The app runs it on the thread that imports, without a time limit, so only `os`, `sys` and what these load
anyway are imported here; no daemon has to run. A file of the spool is named `<time>-<pid>-<random>.<app or
auto>.env` and contains `NAME=value` pairs, each ended by a NUL byte; it is complete as soon as it has that
name.
"""

import os
import sys
import time

# `collections.abc` would load all of `collections`; `os` has loaded this one already.
from _collections_abc import Callable, Mapping, Sequence

USAGE = "usage: mesharr hook [APP] [--config-dir DIR] [--script PATH]"
HELP = f"""{USAGE}

For an app whose webhooks cannot reach mesharr: stores one event in mesharr's
spool directory, whether mesharr runs or not. The app runs it as a custom
script, with the event in the environment (radarr_eventtype, ...):

  mesharr hook --script /config/mesharr-hook.sh   writes a script that does the
                                                  same and needs only sh
  mesharr connect --custom-script PATH            connects it; PATH is as
                                                  the app sees it

  APP               the app's name in mesharr.yml, when several are of one kind
  --script PATH     write that script, and store no event
  --config-dir DIR  the directory of mesharr.yml; the app has to see its
                    spool directory under the same path

Exit codes: 0 stored, or it was a test; 1 the spool cannot be written;
2 there is no event in the environment, as when called by hand.
"""
_EVENT = "_eventtype"
_OPTIONS = ("--config-dir", "--script")
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


def config_dir(named: str, environ: Mapping[str, str], platform: str = sys.platform) -> str:
    """Return the config dir: `named`, `MESHARR_CONFIG_DIR`, `/config`, or the user's.

    The user's is the one that platformdirs gives for the name `mesharr`.
    """
    chosen = named or environ.get("MESHARR_CONFIG_DIR", "")
    if chosen:
        return os.path.abspath(chosen)
    if os.path.isdir("/config"):
        return "/config"
    home = os.path.expanduser("~")
    if platform == "darwin":
        return os.path.join(home, "Library", "Application Support", "mesharr")
    if platform == "win32":
        local = environ.get("LOCALAPPDATA") or os.path.join(home, "AppData", "Local")
        return os.path.join(local, "mesharr", "mesharr")
    base = environ.get("XDG_CONFIG_HOME", "").strip() or os.path.join(home, ".config")
    return os.path.join(base, "mesharr")


def main(argv: Sequence[str], environ: Mapping[str, str]) -> int:
    """Store the event of this environment in the spool, or write the script that does so.

    `argv` is what follows `hook`. Returns 0 when the event is on disk, when it is a test and the spool can
    be written (nothing stays there), and when the script was written; 1 when it cannot write; 2 for a wrong
    call or an environment without an event. The reason is printed to stderr.
    """
    if "-h" in argv or "--help" in argv:
        sys.stdout.write(HELP)
        return 0
    options = _parsed(argv)
    if options is None:
        return _fail(2, USAGE)
    spool = os.path.join(config_dir(options["--config-dir"], environ), "spool")
    app = options["app"]
    if options["--script"]:
        return _attempt(lambda: write_script(options["--script"], spool, app), "the script")
    prefixes = prefixes_of(environ)
    if not prefixes:
        return _fail(2, "no *_eventtype variable here: run this as a custom script of an app (see --help)")
    if all(environ[name].lower() == "test" for name in environ if _prefix(name) in prefixes):
        return _attempt(lambda: _probe(spool), "the spool")
    content = event_of(environ, prefixes)
    return _attempt(lambda: _write(spool, f"{_unique()}.{app or 'auto'}.env", content), "the spool")


def prefixes_of(environ: Mapping[str, str]) -> set[str]:
    """Return the lower-case words before `_eventtype` in this environment, as `{"radarr"}`."""
    found = {_prefix(name) for name, value in environ.items() if value}
    return found - {""}


def event_of(environ: Mapping[str, str], prefixes: set[str]) -> bytes:
    """Return the file content: each variable of these prefixes as `NAME=value` and a NUL byte.

    An app passes its own environment to its script too. `RADARR__AUTH__APIKEY` and the like (two underscores)
    are settings and secrets of the app, not of the event, and are left out.
    """
    parts = []
    for name, value in environ.items():
        prefix, line, rest = name.partition("_")
        if line and prefix.lower() in prefixes and not rest.startswith("_"):
            parts.append(os.fsencode(name) + b"=" + os.fsencode(value) + b"\0")
    return b"".join(parts)


def write_script(path: str, spool: str, app: str = "") -> None:
    """Write the POSIX sh script that does what `hook` does, for containers without Python.

    After the call `path` is complete and executable; it contains `spool`, as the app's container sees it.

    Raises:
        OSError: the script cannot be written.

    """
    quoted = spool.replace("'", "'\\''")
    content = SCRIPT.replace("@APP@", app or "auto").replace("@SPOOL@", quoted)
    temp = f"{path}.{_unique()}"
    _create(temp, os.fsencode(content))
    try:
        os.chmod(temp, 0o755)  # noqa: S103 - the app runs it, often as another user
        os.replace(temp, path)
    except OSError:
        os.unlink(temp)
        raise


def _parsed(argv: Sequence[str]) -> dict[str, str] | None:
    found = {"app": "", "--config-dir": "", "--script": ""}
    words = list(argv)
    while words:
        word = words.pop(0)
        option, equals, value = word.partition("=")
        if option in _OPTIONS:
            if not equals:
                value = words.pop(0) if words else ""
            if not value:
                return None
            found[option] = value
        elif word and not found["app"] and word[0] != "-" and _LETTERS.issuperset(word):
            found["app"] = word
        else:
            return None
    return found


def _prefix(name: str) -> str:
    """Return `radarr` for `Radarr_EventType`, and "" for a name of another shape."""
    lower = name.lower()
    word = lower[: -len(_EVENT)] if lower.endswith(_EVENT) else ""
    return word if word.isascii() and word.isalnum() else ""


def _attempt(step: Callable[[], None], what: str) -> int:
    try:
        step()
    except OSError as error:
        return _fail(1, f"cannot write {what}: {error}")
    return 0


def _fail(code: int, text: str) -> int:
    sys.stderr.write(f"mesharr: {text}\n")
    return code


def _unique() -> str:
    # process ids repeat across containers
    return f"{time.time_ns()}-{os.getpid()}-{os.urandom(4).hex()}"


def _write(spool: str, name: str, content: bytes) -> None:
    _make(spool)
    temp = os.path.join(spool, f".{name}")
    _create(temp, content)
    try:
        os.rename(temp, os.path.join(spool, name))
    except OSError:
        os.unlink(temp)
        raise
    _sync_directory(spool)


def _probe(spool: str) -> None:
    _make(spool)
    temp = os.path.join(spool, f".{_unique()}.test")
    _create(temp, b"")
    os.unlink(temp)


def _make(spool: str) -> None:
    # never its parents: a wrong config directory has to fail, not to swallow events
    if not os.path.isdir(spool):
        os.mkdir(spool)


def _create(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
    except OSError:
        os.unlink(path)
        raise


def _sync_directory(path: str) -> None:
    if os.name != "posix":
        return  # elsewhere a directory cannot be opened
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


SCRIPT = r"""#!/bin/sh
# Written by `mesharr hook --script`. An app runs it as a custom script: it stores the event in
# mesharr's spool and returns, whether mesharr runs or not. It needs no more than a POSIX sh with
# tr, grep, mktemp, chmod, date and mv.
spool='@SPOOL@'
app='@APP@'
LC_ALL=C
export LC_ALL

fail() {
    echo "mesharr: cannot write into $spool" >&2
    [ -z "$temp" ] || rm -f "$temp"
    exit 1
}

# One variable per line. A newline inside a value travels as the byte 1 and is put back at the end.
lines() {
    tr '\n\000' '\001\n'
}
if [ -r /proc/self/environ ]; then
    all=$(lines </proc/self/environ)
else
    all=$(env -0 | lines)
fi

events=$(printf '%s\n' "$all" | grep -i '^[a-z0-9][a-z0-9]*_eventtype=.')
if [ -z "$events" ]; then
    echo "mesharr: no *_eventtype variable here: run this as a custom script of an app" >&2
    exit 2
fi

temp=
[ -d "$spool" ] || mkdir "$spool" || [ -d "$spool" ] || fail
temp=$(mktemp "$spool/.XXXXXXXXXX") || fail
if ! printf '%s\n' "$events" | grep -iqv '=test$'; then
    rm -f "$temp"
    exit 0
fi

# Two underscores begin the app's own settings, as in RADARR__AUTH__APIKEY: they are left out.
printf '%s\n' "$events" | while IFS=_ read -r prefix rest; do
    printf '%s\n' "$all" | grep -i "^${prefix}_[^_]"
done | tr '\001\n' '\n\000' >"$temp" || fail
chmod 0644 "$temp" || fail
mv "$temp" "$spool/$(date +%s)-$$-${temp##*/.}.$app.env" || fail
exit 0
"""
