import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mesharr.core.errors import Refused, Unavailable
from mesharr.log import keys
from mesharr.log.keys import Token
from tests.unit.log.samples import ALICE, ALICE_NODE, BOB, MESH, OTHER_MESH

TOKEN = Token(MESH, "alice", ALICE.public)
TEXT = keys.token_text(TOKEN)


def test_a_generated_key_is_private_and_loads_again(tmp_path: Path) -> None:
    path = str(tmp_path / "node.key")
    made = keys.generate(path)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    loaded = keys.load(path)
    assert loaded.public == made.public
    assert keys.verifier(made.public)(loaded.sign(b"message"), b"message")


def test_a_key_that_exists_is_never_replaced(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    keys.generate(str(path))
    before = path.read_bytes()
    with pytest.raises(Refused, match="key exists"):
        keys.generate(str(path))
    assert path.read_bytes() == before


def test_a_key_others_can_read_is_refused_with_the_chmod(tmp_path: Path) -> None:
    path = tmp_path / "node.key"
    keys.generate(str(path))
    for mode in (0o640, 0o604, 0o620):
        path.chmod(mode)
        with pytest.raises(Refused, match=f"chmod 600 {path}"):
            keys.load(str(path))
    path.chmod(0o400)
    assert keys.load(str(path)).public


def test_a_missing_key_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"no key at .*: run `mesharr keygen`"):
        keys.load(str(tmp_path / "node.key"))


def test_a_key_cannot_be_written_into_a_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="cannot write the key"):
        keys.generate(str(tmp_path / "none" / "node.key"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[:40], "is cut"),
        (lambda text: "", "is cut"),
        (lambda text: "-----BEGIN OPENSSH PRIVATE KEY-----", "is not a mesharr key"),
        (lambda text: "\0" * 65, "is not a mesharr key"),
        (lambda text: text[:20] + ("A" if text[20] != "A" else "B") + text[21:], "is damaged"),
    ],
)
def test_the_error_for_a_damaged_key_names_the_damage_and_never_the_key(
    tmp_path: Path, change: object, message: str
) -> None:
    path = tmp_path / "node.key"
    keys.generate(str(path))
    secret = path.read_text().split(":")[1]
    assert callable(change)
    path.write_text(change(path.read_text()))
    with pytest.raises(Refused, match=message) as caught:
        keys.load(str(path))
    assert secret[:12] not in str(caught.value)


def test_repr_of_a_key_shows_its_public_half_only() -> None:
    seed_text = keys.key_text(bytes(range(32)))
    assert repr(ALICE) == f"NodeKey(public={keys.key_text(ALICE.public)})"
    assert seed_text not in repr(ALICE)


@given(st.binary(max_size=80), st.binary(max_size=80))
def test_only_the_true_signature_verifies(signature: bytes, message: bytes) -> None:
    verify = keys.verifier(ALICE.public)
    assert verify(ALICE.sign(message), message)
    assert not verify(signature, message)
    assert not verify(BOB.sign(message), message)


def test_the_text_of_a_public_key_is_read_back() -> None:
    text = keys.key_text(ALICE.public)
    assert keys.parse_key(text) == ALICE.public
    for wrong in (text[:-1], text + "A", text[:-1] + "h", "=" * 43, ""):
        assert keys.parse_key(wrong) is None


def test_a_token_has_mesh_name_and_key() -> None:
    token = keys.parse_token(TEXT, mesh=MESH, own=BOB.public)
    assert token == TOKEN
    assert token.node == ALICE_NODE
    assert keys.parse_token(f"  {TEXT[:30]}\n{TEXT[30:]}\n", mesh=None, own=None) == TOKEN


def test_no_token_with_one_letter_mistyped_is_accepted() -> None:
    for position in range(len(TEXT)):
        for letter in "0aZ:":
            wrong = TEXT[:position] + letter + TEXT[position + 1 :]
            if wrong != TEXT:
                with pytest.raises(Refused):
                    keys.parse_token(wrong, mesh=MESH, own=None)


def test_no_token_that_was_cut_is_accepted() -> None:
    for length in range(len(TEXT)):
        with pytest.raises(Refused, match="cut: parts of it are missing"):
            keys.parse_token(TEXT[:length], mesh=MESH, own=None)


def checked(text: str) -> str:
    """Return the text with a check that fits."""
    good = keys.token_text(TOKEN)
    assert good.rpartition(":")[2] == keys._check(good.rpartition(":")[0])
    return f"{text}:{keys._check(text)}"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TEXT.replace("alice", "alicf"), "mistyped"),
        (TEXT.replace("mesharr1", "mesharr2"), "token of another version .mesharr2."),
        ("mesharr7:what:ever", "token of another version"),
        ("hello", "not a mesharr token"),
        ("http://a:b@c:d/e:f", "not a mesharr token"),
        (TEXT + ":more", "not a mesharr token"),
        (checked("mesharr1:7F3A9c21d0e4b655:alice:" + "A" * 43), "malformed"),
        (checked(f"mesharr1:{MESH}:Alice:" + "A" * 43), "malformed"),
        (checked(f"mesharr1:{MESH}:alice:" + "A" * 42), "malformed"),
    ],
)
def test_a_wrong_token_is_refused_with_the_cause(text: str, message: str) -> None:
    with pytest.raises(Refused, match=message) as caught:
        keys.parse_token(text, mesh=MESH, own=None)
    assert caught.value.fix


def test_tokens_of_another_mesh_and_of_this_node_are_refused() -> None:
    with pytest.raises(Refused, match=f"for another mesh .{MESH}, this one is {OTHER_MESH}."):
        keys.parse_token(TEXT, mesh=OTHER_MESH, own=None)
    with pytest.raises(Refused, match="this node's own token"):
        keys.parse_token(TEXT, mesh=MESH, own=ALICE.public)
