"""Each fault that is put back into the product is found by a short history."""

from pathlib import Path

import pytest

from tests.properties.mesh.mutants import MUTANTS, found_in


@pytest.mark.campaign
@pytest.mark.parametrize("name", MUTANTS)
def test_a_product_that_lacks_something_is_found_out(name: str, tmp_path: Path) -> None:
    assert found_in(tmp_path / "mutant", MUTANTS[name])
    assert found_in(tmp_path / "sound", MUTANTS[name], sound=True) == []
