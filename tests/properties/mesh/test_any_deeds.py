"""Any deeds at all, drawn by hypothesis: what does not hold shrinks to the few deeds it takes.

The campaign plays more histories, and with `MESHARR_MESH_EXAMPLES=500` as many as one likes. It is left to
`shrunk` to leave deeds out: it needs some thirty histories, hypothesis some hundred, at a second each.
"""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.properties.mesh.deeds import (
    AT_ONCE_S,
    FAULTS,
    LOOKS,
    PAUSES,
    QUIRKS,
    SECOND_S,
    Act,
    Deed,
    Hooks,
    Look,
    Meanwhile,
    Order,
    Quirk,
    Restore,
    Trouble,
    Unpublished,
)
from tests.properties.mesh.drawing import METHODS, shrunk
from tests.properties.mesh.world import PEOPLE, World, outcome, setups_of
from tests.support.library_setups import SETUPS

EXAMPLES = int(os.environ.get("MESHARR_MESH_EXAMPLES", "24"))
WHO = st.integers(0, 2)


@st.composite
def deeds(draw: st.DrawFn, library: str, app: str) -> Deed:
    """One deed in one library, possible or not."""
    what = draw(st.sampled_from(PEOPLE[app].whats))
    stalls = what in {"add", "refresh"}
    stage = draw(st.sampled_from(("", *PEOPLE[app].stages))) if stalls else ""
    return Deed(
        draw(WHO),
        library,
        what,
        draw(st.integers(1, 2)),
        unit=draw(st.integers(0, 3)),
        number=draw(st.integers(1000, 1011)),
        flag=draw(st.booleans()),
        stage=stage,
        during=draw(st.integers(0, 3)) if stage else 0,
        then=draw(st.sampled_from((*PAUSES, AT_ONCE_S, SECOND_S))),
    )


@st.composite
def histories(draw: st.DrawFn) -> list[Act]:
    """Some deeds in one library, and some trouble."""
    setup = draw(st.sampled_from(SETUPS))
    trouble = st.builds(
        Trouble, WHO, st.sampled_from(("", setup.app)), st.sampled_from((60.0, 7200.0)), st.integers(0, 9)
    )
    seconds, dice = st.sampled_from((60.0, 7200.0)), st.integers(0, 9)
    some = deeds(setup.library, setup.app)
    disturbance = st.one_of(
        trouble,
        st.builds(Order, dice),
        st.builds(Look, WHO, st.sampled_from(LOOKS)),
        st.builds(
            Meanwhile, WHO, st.just(setup.app), st.sampled_from(METHODS), st.integers(0, 3), st.integers(1, 3)
        ),
        st.builds(Restore, WHO, st.just(setup.library), st.sampled_from(("back up", "restore"))),
        st.builds(Hooks, WHO, st.sampled_from(FAULTS), seconds, dice),
        st.builds(Unpublished, WHO, seconds),
        st.builds(Quirk, WHO, st.just(setup.library), st.sampled_from(QUIRKS), seconds),
    )
    return draw(st.lists(st.one_of(some, some, some, disturbance), min_size=1, max_size=25))


def played(acts: Sequence[Act]) -> tuple[list[str], str]:
    """Play a history in a new world; return what does not hold, and what happened."""
    with tempfile.TemporaryDirectory() as folder:
        return outcome(World(Path(folder), setups=setups_of(acts)), acts)


FEW = settings(
    max_examples=2,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@pytest.mark.timeout(1800)  # what is found shrinks
@FEW
@given(acts=histories())
def test_households_agree_whatever_their_people_do(acts: list[Act]) -> None:
    _agree_after(acts)


@pytest.mark.campaign
@pytest.mark.timeout(3600)
@settings(FEW, max_examples=EXAMPLES)
@given(acts=histories())
def test_households_agree_whatever_their_people_do_in_many_histories(acts: list[Act]) -> None:
    _agree_after(acts)


def _agree_after(acts: list[Act]) -> None:
    found, _ = played(acts)
    if found:
        few = shrunk(acts, lambda some: bool(played(some)[0]))
        pytest.fail("\n".join([*(f"{act!r}," for act in few), *played(few)[0], played(few)[1]]))
