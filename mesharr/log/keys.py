"""Create, load and print a node's Ed25519 key, and the token that introduces a node.

The key file is one line, `mesharr-key1:<seed base64url>:<check>`; a token is one word,
`mesharr1:<mesh id>:<name>:<public key base64url>:<check>`. Both checks are the first 8 hex digits of
sha256 over the text before the last colon: they reveal typing errors, nothing more.
"""

import base64
import hashlib
import os
import re
import stat
from typing import Final

import msgspec
from nacl.exceptions import CryptoError
from nacl.signing import SigningKey, VerifyKey

from mesharr.core.errors import Refused, Unavailable
from mesharr.log.layout import is_node_name, node_id
from mesharr.log.signature import Verify

_KEY_WORD: Final = "mesharr-key1"
_TOKEN_WORD: Final = "mesharr1"  # noqa: S105 - a format's name, no secret
_KEY_LINE: Final = len(f"{_KEY_WORD}:{'k' * 43}:{'c' * 8}")
_BASE64 = re.compile(r"[A-Za-z0-9_-]{43}")
_MESH = re.compile(r"[0-9a-f]{16}")
_CONSONANTS: Final = "bdfghjklmnprstvz"
_VOWELS: Final = "aiou"


class NodeKey:
    """The secret half of a node's key. Neither `repr` nor an error ever shows the secret."""

    __slots__ = ("_signing", "public")

    def __init__(self, seed: bytes) -> None:
        """Take the 32 secret bytes the key pair is made from."""
        self._signing = SigningKey(seed)
        self.public: Final = bytes(self._signing.verify_key)

    def sign(self, message: bytes) -> bytes:
        """Return the 64-byte Ed25519 signature of a message; equal messages give equal signatures."""
        return self._signing.sign(message).signature

    def __repr__(self) -> str:
        """Show the public half only."""
        return f"NodeKey(public={key_text(self.public)})"


class Token(msgspec.Struct, frozen=True):
    """The contents of a token."""

    mesh: str
    """The id of the mesh."""
    name: str
    """The name of the node, which its user chose."""
    key: bytes
    """The public key, 32 bytes."""

    @property
    def node(self) -> str:
        """The node's label."""
        return node_id(self.name, self.key)


def generate(path: str) -> NodeKey:
    """Generate a key and write it to `path`, mode 0600, durable.

    Raises `Refused` when there is a file already.
    """
    seed = os.urandom(32)
    text = f"{_KEY_WORD}:{_text(seed)}"
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(f"{text}:{_check(text)}\n".encode())
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise Refused(f"key exists: {path}", "`mesharr token` prints what peers need of it") from error
    except OSError as error:
        raise Unavailable(f"cannot write the key {path}: {error.strerror}") from error
    return NodeKey(seed)


def load(path: str) -> NodeKey:
    """Return the key in a file; `Refused` when others can read the file, or it is cut or no key."""
    try:
        with open(path, "rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            text = file.read(4096).decode("ascii", "replace").strip()
    except FileNotFoundError as error:
        raise Refused(f"no key at {path}", "run `mesharr keygen`") from error
    except OSError as error:
        raise Refused(f"cannot read the key {path}: {error.strerror}", "fix its owner or mode") from error
    if mode & 0o077:
        raise Refused(f"the key {path} can be read by others (mode {mode:04o})", f"run `chmod 600 {path}`")
    return NodeKey(_seed_of(text, path))


def _seed_of(text: str, path: str) -> bytes:
    fix = "put the right file back from your backup, or remove it and run `mesharr keygen`"
    body, _, check = text.rpartition(":")
    seed = _bytes_of(body.removeprefix(f"{_KEY_WORD}:"))
    if body.startswith(f"{_KEY_WORD}:") and seed is not None and check == _check(body):
        return seed
    head = f"{_KEY_WORD}:"
    if len(text) < _KEY_LINE and (head.startswith(text) or text.startswith(head)):
        raise Refused(f"the key {path} is cut ({len(text)} of {_KEY_LINE} characters)", fix)
    if text.startswith(head):
        raise Refused(f"the key {path} is damaged: its check does not fit", fix)
    raise Refused(f"{path} is not a mesharr key", fix)


def verifier(public: bytes) -> Verify:
    """Return the function (signature, message) -> whether this public key's owner signed it."""
    key = VerifyKey(public)

    def verify(signature: bytes, message: bytes) -> bool:
        try:
            key.verify(message, signature)
        except (CryptoError, ValueError):
            return False
        return True

    return verify


def key_text(public: bytes) -> str:
    """Return a public key as text: base64url without padding, 43 characters."""
    return _text(public)


def words_of(public: bytes) -> str:
    """Return the fingerprint of a public key as four words: `lusab-babad-gutih-tugad`.

    They spell the first 64 bits of the key's hash, 16 each, as proquints (arXiv:0901.4016).
    """
    digest = hashlib.sha256(public).digest()[:8]
    return "-".join(_word(int.from_bytes(digest[at : at + 2], "big")) for at in range(0, 8, 2))


def _word(number: int) -> str:
    """Return 16 bits as a word of five letters: consonants of four bits, vowels of two."""
    letters = (
        (_CONSONANTS, 12, 15),
        (_VOWELS, 10, 3),
        (_CONSONANTS, 6, 15),
        (_VOWELS, 4, 3),
        (_CONSONANTS, 0, 15),
    )
    return "".join(alphabet[number >> shift & mask] for alphabet, shift, mask in letters)


def parse_key(text: str) -> bytes | None:
    """Return the 32 bytes of a public key from its text, None when it is none."""
    return _bytes_of(text)


def token_text(token: Token) -> str:
    """Return the token as one word, to be given to the user of another node."""
    text = f"{_TOKEN_WORD}:{token.mesh}:{token.name}:{_text(token.key)}"
    return f"{text}:{_check(text)}"


def parse_token(text: str, *, mesh: str | None, own: bytes | None) -> Token:
    """Return the contents of a token; raise `Refused` with the cause and the fix.

    `mesh` is the id of this node's mesh and `own` its public key, where known: a token for another
    mesh, and this node's own, are refused.
    """
    copy_again = "copy the whole line that `mesharr token` prints on the other node"
    word = "".join(text.split())
    version = re.match(r"mesharr([0-9]{1,4}):", word)
    if version and version[1] != "1":
        raise Refused(f"token of another version (mesharr{version[1]})", "update mesharr on the older node")
    parts = word.split(":")
    if len(parts) < 5 or len(parts[4]) < 8:
        if not version and not _TOKEN_WORD.startswith(word):
            raise Refused("not a mesharr token", copy_again)
        raise Refused("the token is cut: parts of it are missing", copy_again)
    if not version or len(parts) > 5:
        raise Refused("not a mesharr token", copy_again)
    if _check(":".join(parts[:4])) != parts[4]:
        raise Refused("the token is mistyped: its check does not fit", copy_again)
    return _accepted(_token_of(parts, copy_again), mesh, own)


def _token_of(parts: list[str], copy_again: str) -> Token:
    key = _bytes_of(parts[3])
    if not _MESH.fullmatch(parts[1]) or not is_node_name(parts[2]) or key is None:
        raise Refused("the token is malformed though its check fits", copy_again)
    return Token(parts[1], parts[2], key)


def _accepted(token: Token, mesh: str | None, own: bytes | None) -> Token:
    if own is not None and token.key == own:
        raise Refused("this is this node's own token", "give it to the others, and enter theirs here")
    if mesh is not None and token.mesh != mesh:
        raise Refused(
            f"the token is for another mesh ({token.mesh}, this one is {mesh})",
            "check that both nodes' store.path is the same folder of the shared drive",
        )
    return token


def _check(text: str) -> str:
    # a word of a command line may hold bytes that are no UTF-8, as lone surrogates
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()[:8]


def _text(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def _bytes_of(text: str) -> bytes | None:
    if not _BASE64.fullmatch(text):
        return None
    content = base64.urlsafe_b64decode(text + "=")
    return content if _text(content) == text else None
