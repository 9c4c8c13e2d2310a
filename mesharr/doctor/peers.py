"""The peers: who hears whom, and where their arrs differ from ours."""

from collections.abc import Iterator, Mapping

from mesharr.core.events.schema import LibraryInfo, NodeHello
from mesharr.doctor.diagnosis import Diagnosis
from mesharr.doctor.house import House
from mesharr.node.outward.hello import described
from mesharr.node.status.model import PeerReport
from mesharr.node.status.peer_report import newest_hello


def peers(house: House) -> Iterator[Diagnosis]:
    """Look at each trusted peer, and at who else writes to the mesh."""
    mine = described(house.state, house.libraries)
    for peer in house.report.peers:
        if not peer.frozen:
            yield from _peer(house, peer, mine)
    for stranger in house.report.unknown:
        what = f"{stranger.node} writes to this mesh and is not trusted here"
        yield Diagnosis("peers", "note", what, "mesharr trust TOKEN, when you know whose it is")
    for wrong in house.report.clocks:
        what = f"the clock of {wrong.node} is ahead of this one: it showed {wrong.clock[:19]}Z"
        yield Diagnosis("peers", "note", what, "set both clocks by NTP")


def _peer(house: House, peer: PeerReport, mine: Mapping[str, LibraryInfo]) -> Iterator[Diagnosis]:
    subject = f"peer {peer.name}"
    if peer.left:
        fix = f"mesharr adopt --from {peer.name} takes over what it owned"
        yield Diagnosis(subject, "note", f"{peer.name} left the mesh", fix)
        return
    if peer.why:
        yield Diagnosis(subject, "wrong", peer.why, f"ask {peer.name} to look at mesharr status")
    elif peer.trusts_me is None:
        yield Diagnosis(subject, "note", "nothing of it was heard yet", f"see that {peer.name} runs mesharr")
    elif not peer.trusts_me:
        what = f"{peer.name} does not trust you yet"
        yield Diagnosis(subject, "wrong", what, "send them your token: mesharr token")
    else:
        yield Diagnosis(subject, "good", f"heard up to {peer.last_seen}; {peer.lag} events to go")
    hello = newest_hello(house.state, peer.node)
    if hello:
        yield from _differences(house, subject, peer.name, hello, mine)


def _differences(
    house: House, subject: str, name: str, hello: NodeHello, mine: Mapping[str, LibraryInfo]
) -> Iterator[Diagnosis]:
    for library, theirs in sorted(hello.libraries.items()):
        ours = mine.get(library)
        if ours is None or not ours.app or not theirs.app:
            continue
        fallback = house.config.libraries[library].quality_profile
        yield from differences(subject, name, library, ours, theirs, fallback)


def differences(
    subject: str, name: str, library: str, ours: LibraryInfo, theirs: LibraryInfo, fallback: str
) -> Iterator[Diagnosis]:
    """Yield where a peer keeps a library otherwise. `fallback` is our profile for unknown names, "" none."""
    if ours.app != theirs.app:
        what = f"{library} is kept by {theirs.app} at {name}, and by {ours.app} here"
        yield Diagnosis(subject, "wrong", what, "give the two libraries two names")
        return
    if ours.naming != theirs.naming:
        what = f"{library}: {name} names files {theirs.naming!r}, this node {ours.naming!r}"
        fix = "set one naming format in all arrs: else each renames what the other brought"
        yield Diagnosis(subject, "note", what, fix)
    unknown = sorted(set(theirs.profiles) - set(ours.profiles))
    if unknown and fallback not in ours.profiles:
        what = f"{library}: quality profiles of {name} that are unknown here: {', '.join(unknown)}"
        fix = f"set quality_profile of the library to one of: {', '.join(sorted(ours.profiles))}"
        yield Diagnosis(subject, "wrong", what, fix)
