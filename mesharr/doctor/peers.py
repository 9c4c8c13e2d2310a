"""Check the peers: mutual trust, clocks, and different settings of their apps."""

from collections.abc import Iterator, Mapping

from mesharr.core.events.schema import LibraryInfo, NodeHello
from mesharr.core.text import quantity
from mesharr.doctor.check_result import CheckResult
from mesharr.doctor.node_setup import NodeSetup
from mesharr.node.outward.stream.hello import described
from mesharr.node.ownership import newest_hello
from mesharr.node.status.introductions import once_read, takeover_text
from mesharr.node.status.model import PeerReport


def peers(setup: NodeSetup) -> Iterator[CheckResult]:
    """Check each trusted peer, and the nodes that write to the mesh and are not trusted here."""
    mine = described(setup.state, setup.libraries)
    for peer in setup.report.peers:
        if not peer.frozen:
            yield from _peer(setup, peer, mine)
    for stranger in setup.report.unknown:
        what = f"{stranger.node} writes to this mesh and is not trusted here"
        fix = f"mesharr accept {stranger.called}" if stranger.key else "mesharr trust TOKEN"
        if stranger.is_own_name:
            fix = f"if it is this node with its old key, {takeover_text(stranger)}"
            yield CheckResult("peers", "note", f"{what}, with the name of this node", fix)
        else:
            yield CheckResult("peers", "note", what, f"{fix}, when you know whose it is")
    for wrong in setup.report.clocks:
        what = f"the clock of {wrong.node} is ahead of this one: it showed {wrong.clock[:19]}Z"
        yield CheckResult("peers", "note", what, "set both clocks by NTP")


def _peer(setup: NodeSetup, peer: PeerReport, mine: Mapping[str, LibraryInfo]) -> Iterator[CheckResult]:
    subject = f"peer {peer.called}"
    if peer.adopted:
        yield CheckResult(subject, "good", f"{peer.called} left the mesh, and what it owned was adopted")
        return
    if peer.left:
        fix = f"mesharr adopt --from {peer.called} takes over what it owned"
        yield CheckResult(subject, "note", f"{peer.called} left the mesh", fix)
        return
    if peer.why:
        yield CheckResult(subject, "wrong", peer.why, f"ask {peer.called} to run mesharr status")
    elif peer.is_former_self:
        fix = f"if it is this node with its old key, {once_read(peer.node)} take over what it owned"
        yield CheckResult(subject, "note", f"{peer.called} has the name of this node", fix)
        return
    elif peer.trusts_me is None:
        yield CheckResult(subject, "note", "no event received yet", f"check that {peer.called} runs mesharr")
    elif not peer.trusts_me:
        what = f"{peer.called} does not trust you yet"
        yield CheckResult(
            subject,
            "wrong",
            what,
            "have them run mesharr accept with your name, or send them your token: mesharr token",
        )
    else:
        behind = f", {quantity(peer.lag, 'event')} behind" if peer.lag else ""
        yield CheckResult(subject, "good", f"received up to {peer.last_seen}{behind}")
    hello = newest_hello(setup.state, peer.node)
    if hello:
        yield from _differences(setup, subject, peer.called, hello, mine)


def _differences(
    setup: NodeSetup, subject: str, name: str, hello: NodeHello, mine: Mapping[str, LibraryInfo]
) -> Iterator[CheckResult]:
    for library, theirs in sorted(hello.libraries.items()):
        ours = mine.get(library)
        if ours is None or not ours.app or not theirs.app:
            continue
        fallback = setup.config.libraries[library].quality_profile
        yield from differences(subject, name, library, ours, theirs, fallback)


def differences(
    subject: str, name: str, library: str, ours: LibraryInfo, theirs: LibraryInfo, fallback: str
) -> Iterator[CheckResult]:
    """Yield the settings of a library that a peer has differently.

    `fallback` is the quality profile this node takes for unknown names, "" for none.
    """
    if ours.app != theirs.app:
        what = f"{library} is managed by {theirs.app} at {name}, and by {ours.app} here"
        yield CheckResult(subject, "wrong", what, "give the two libraries two names")
        return
    if ours.naming != theirs.naming:
        what = f"{library}: {name} names files {theirs.naming!r}, this node {ours.naming!r}"
        fix = f"set one naming format in every household's {ours.app}: else each renames the others' files"
        yield CheckResult(subject, "note", what, fix)
    unknown = sorted(set(theirs.profiles) - set(ours.profiles))
    if unknown and fallback not in ours.profiles:
        what = f"{library}: quality profiles of {name} that are unknown here: {', '.join(unknown)}"
        fix = f"set quality_profile of the library to one of: {', '.join(sorted(ours.profiles))}"
        yield CheckResult(subject, "wrong", what, fix)
