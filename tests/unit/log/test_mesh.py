import pytest

from mesharr.core.errors import Refused, Rejected, Unavailable
from mesharr.log import mesh
from mesharr.log.mesh import Mesh
from tests.unit.log.samples import MESH, OTHER_MESH

HOME = Mesh(name="Our films", id=MESH, made="2026-11-22T18:19:24Z")


def test_mesh_json_is_one_line_and_read_back() -> None:
    content = mesh.encode(HOME)
    assert content == (b'{"v":1,"name":"Our films","id":"7f3a9c21d0e4b655","made":"2026-11-22T18:19:24Z"}\n')
    assert mesh.decode(content) == HOME


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "damaged"),
        (b'{"v":1,"name":"x"', "damaged"),
        (b"[]", "damaged"),
        (b"\xff\xfe", "damaged"),
        (b"[" * 4000, "damaged"),
        (b'{"v":1,"name":"x","id":"7f3a9c21d0e4b655"}', "damaged"),
        (b'{"v":2,"name":"x","id":"7f3a9c21d0e4b655","made":""}', "unknown version v=2"),
        (b'{"v":1,"name":"x","id":"../../../../etc/","made":""}', "no id"),
        (b'{"v":1,"name":"","id":"7f3a9c21d0e4b655","made":""}', "no name"),
        (b'{"v":1,"name":"a\\nb","id":"7f3a9c21d0e4b655","made":""}', "no name"),
        (b" " * 5000, "larger than 4096"),
    ],
)
def test_garbage_in_place_of_mesh_json_is_rejected(content: bytes, message: str) -> None:
    with pytest.raises(Rejected, match=message):
        mesh.decode(content)


def test_a_mesh_that_could_not_be_read_is_not_written() -> None:
    with pytest.raises(Rejected):
        mesh.encode(Mesh(name="", id=MESH, made=""))


def test_an_anchor_holds_for_its_own_library_of_its_own_mesh_only() -> None:
    content = mesh.anchor(MESH, "movies")
    mesh.check_anchor(content, MESH, "movies")
    assert content == b'{"v":1,"mesh":"7f3a9c21d0e4b655","library":"movies"}\n'
    with pytest.raises(Refused, match="anchor of another mesh"):
        mesh.check_anchor(content, OTHER_MESH, "movies")
    with pytest.raises(Refused, match=r"anchor of another library \(movies\)"):
        mesh.check_anchor(content, MESH, "tv")


def test_an_anchor_that_is_none_yet_is_waited_for() -> None:
    with pytest.raises(Unavailable, match="the anchor of movies cannot be read"):
        mesh.check_anchor(mesh.anchor(MESH, "movies")[:20], MESH, "movies")
