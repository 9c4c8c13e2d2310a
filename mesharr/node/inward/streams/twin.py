"""Look for another machine that writes this node's present stream."""

from collections.abc import Iterable, Iterator
from functools import partial

from mesharr.core.errors import Rejected
from mesharr.disk.child import Missing
from mesharr.log.chain import MAX_FILE, verify_file
from mesharr.log.evidence import judge
from mesharr.log.layout import FileName
from mesharr.node.inward.streams.budget import OWN_REQUESTS, Once, Quota
from mesharr.node.model import Trusted
from mesharr.state.state import State


def look_for_twin(
    candidates: Iterable[tuple[str, FileName]], once: Once, state: State, own: Trusted, mesh: str
) -> Iterator[tuple[str, Rejected]]:
    """Note a tail of the present stream that this node's key signed and this node did not write.

    A machine that has a copy of the config dir goes on in the same stream: what is signed here after that
    would be a fork. The publisher looks at the note before it signs. Yields the places of files that do not
    verify, each with why.
    """
    quota = Quota(OWN_REQUESTS, OWN_REQUESTS * MAX_FILE)
    for place, name in candidates:
        held = state.streams.known_id(name.stream, name.last)
        if held is not None and held.startswith(name.h8):
            continue
        if quota.is_spent:
            return
        try:
            content = once.read(place, quota)
            known = partial(state.streams.known_id, name.stream)
            if seq := judge(content, name, mesh, own.verify, known).unknown:
                state.own_streams.note_fork(name.stream, seq)
                return
            verify_file(content, name, mesh, own.verify)
        except Missing:
            continue
        except Rejected as error:
            yield place, error
