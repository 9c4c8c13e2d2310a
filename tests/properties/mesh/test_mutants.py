"""Each fault that is put back into the product is found by a short history."""

from pathlib import Path

import pytest

from tests.properties.mesh.mutants import MUTANTS, Mutant, found_in


@pytest.mark.campaign
@pytest.mark.parametrize(
    "mutant",
    [
        pytest.param(alone, id=f"{name}: {alone.point or alone.theme}")
        for name, mutant in MUTANTS.items()
        for alone in mutant.by_each_history
    ],
)
def test_a_product_that_lacks_something_is_found_out(mutant: Mutant, tmp_path: Path) -> None:
    assert any(
        found_in(tmp_path / f"mutant {each.seed}", each)
        and not found_in(tmp_path / f"sound {each.seed}", each, sound=True)
        for each in mutant.tries
    )
