"""Check the config, the webhook endpoint, the media servers and rclone."""

from collections.abc import Iterator
from functools import partial

import msgspec

from mesharr.core.errors import MesharrError
from mesharr.disk.programs import is_cloudplow, uploads_from
from mesharr.doctor.check_result import CheckResult, result_of
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.outward.uploading.others.second_uploader import ONE_UPLOADER, SECOND_UPLOADER
from mesharr.settings.checks import missing_settings


def config(setup: NodeSetup) -> Iterator[CheckResult]:
    """Name the settings that mesharr.yml does not have yet."""
    for each in missing_settings(setup.config):
        yield CheckResult(
            "mesharr.yml", "note", f"missing {each}", "add it, unless you left it out on purpose"
        )


def webhook_endpoint(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check that webhooks can be received."""
    if setup.config.apps and setup.config.server.api_key is None:
        what = "server.api_key is not set: no webhook is accepted"
        yield CheckResult("server", "wrong", what, "set it, for instance by MESHARR__SERVER__API_KEY")


def scanners(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check that each media server, or the program that scans for it, answers."""
    for name, scanner in setup.scanners.items():
        yield from result_of(
            f"scanner {name}", "answers and accepts the credentials", scanner.check_available
        )


def uploads(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check that rclone runs and has the remotes of the libraries."""
    if not setup.config.uploads.sends:
        yield from _without_effect(setup)
        return
    wanted = {
        library.remote.partition(":")[0]: name
        for name, library in setup.config.libraries.items()
        if library.remote and library.local and not library.remote.startswith(":")
    }
    if not wanted:
        return
    try:
        known = setup.rclone_remotes()
    except MesharrError as error:
        yield CheckResult("uploads", "wrong", error.what, error.fix or "set uploads.rclone.binary")
        return
    for remote, library in wanted.items():
        if remote in known:
            yield CheckResult("uploads", "good", f"rclone has the remote {remote}: (library {library})")
            yield from _without_hash(setup, remote)
        else:
            listed = ", ".join(sorted(known)) or "none"
            what = f"rclone has no remote {remote}: (library {library})"
            yield CheckResult("uploads", "wrong", what, f"add it to rclone's config; it has: {listed}")


def _without_effect(setup: NodeSetup) -> Iterator[CheckResult]:
    """Name the settings for what mesharr sends, where another program sends."""
    settings = setup.config.uploads
    unused = [name for name in ("limit", "bwlimit") if getattr(settings, name)]
    if settings.window and settings.mode == "none":
        unused.append("window")
    for name in unused:
        what = (
            f"uploads.{name} has no effect with uploads.mode: {settings.mode}: mesharr sends nothing itself"
        )
        yield CheckResult(
            "uploads", "note", what, f"take uploads.{name} out; set it in the program that uploads"
        )


def _without_hash(setup: NodeSetup, remote: str) -> Iterator[CheckResult]:
    """Say, once for each remote, what nobody can notice where a remote has no hash."""
    try:
        has_hash = setup.remote_has_hash(f"{remote}:")
    except MesharrError:
        return  # whoever cannot read it says so
    if not has_hash:
        what = f"{remote}: has no hash of its files: a change that keeps size and times stays unnoticed"
        fix = (
            "leave it so unless a program of yours makes such changes; to have them noticed: "
            f"rclone config create {remote}-hashed hasher remote {remote}: hashes md5, then write "
            f"{remote}-hashed: instead of {remote}: in mesharr.yml"
        )
        yield CheckResult("uploads", "note", what, fix)


def folder_uploads(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check that cloudplow uploads each library to where it belongs."""
    program, settings = setup.folder_uploader, setup.config.uploads.cloudplow
    for name, library in setup.config.libraries.items():
        if program is None or not library.local:
            continue
        subject, what = f"library {name}", f"cloudplow uploads {library.local} to {library.remote}"
        if not library.remote:
            what = f"cloudplow uploads {library.local}; without remote it is not checked where to"
        for result in result_of(subject, what, partial(program.check, name)):
            # one that mesharr never starts may be out of its sight
            is_note = settings.start == "never" and result.level == "wrong"
            yield msgspec.structs.replace(result, level="note") if is_note else result


def second_uploaders(setup: NodeSetup) -> Iterator[CheckResult]:
    """Name the other programs that upload what mesharr uploads."""
    if not setup.config.uploads.sends:
        return
    seen = {
        subject.removeprefix(SECOND_UPLOADER): (what, fix)
        for subject, what, fix, _ in setup.state.refusals.all()
    }
    for name, library in setup.config.libraries.items():
        if not library.local or not library.remote:
            continue
        running = [line for line in setup.programs if uploads_from(line, library.local)]
        for line in running:
            what = f"another program uploads from {library.local} too: it runs now: {' '.join(line[:4])}"
            yield CheckResult(f"library {name}", "wrong", what, ONE_UPLOADER)
        if name in seen and not running:
            yield CheckResult(f"library {name}", "wrong", *seen[name])
    if any(map(is_cloudplow, setup.programs)):
        mode = setup.config.uploads.mode
        what = f"cloudplow runs here: if it uploads the same folders, uploads.mode: {mode} is wrong"
        yield CheckResult("uploads", "note", what, ONE_UPLOADER)


def notifiers(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check that each notifier can be opened; nothing is sent."""
    for number, settings in enumerate(setup.config.notify, 1):
        name = f"{settings.kind} {number}" if len(setup.config.notify) > 1 else settings.kind
        yield from result_of(
            f"notify {name}", "its settings can work", partial(setup.open_notifier, settings)
        )
