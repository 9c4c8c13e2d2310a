"""Decide who may read the page: sessions after a login by the key, forms, wrong keys.

A session is a signed cookie: its secret is a random one of this node's, kept beside its key, so that a
session outlives a restart. It ends with its time, with a logout, and when the API key is changed.
"""

import hmac
import os
import secrets
from collections.abc import Callable
from hashlib import sha256

import msgspec

from mesharr.core.errors import Refused

SECRET_NAME = "page.secret"  # noqa: S105 - the name of a file
SESSION_S = 30 * 86_400
TRIES = 10
"""Different wrong keys from one address within `TRIES_S`, after which no key of it is looked at."""
TRIES_S = 60.0
ADDRESSES = 1_000
"""Addresses that are remembered: an attacker may have many."""


class Session(msgspec.Struct, frozen=True):
    """A user who logged in."""

    id: str
    ends: int
    """In seconds since the epoch."""


def load_secret(config_dir: str) -> bytes:
    """Return the secret that sessions are signed with, a new one where there is none.

    Raises:
        Refused: it can be neither read nor made.

    """
    path = os.path.join(config_dir, SECRET_NAME)
    try:
        with open(path, "rb") as stream:
            found = stream.read()
        if len(found) >= 32:
            os.chmod(path, 0o600)
            return found
    except FileNotFoundError:
        pass
    except OSError as error:
        raise Refused(f"{path} cannot be read ({error.strerror})", "make it readable for mesharr") from error
    fresh = secrets.token_bytes(32)
    try:
        with open(path, "wb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(fresh)
    except OSError:
        return fresh  # a full disk: sessions end with this process
    return fresh


class Sessions:
    """Makes and checks the cookies of sessions, and the tokens of their forms."""

    def __init__(self, secret: bytes, api_key: str, now_s: Callable[[], float]) -> None:
        # a cookie counts for every port of a host, and two nodes may be on one
        self.cookie = f"mesharr_{sha256(secret).hexdigest()[:8]}"
        self._key = hmac.digest(secret, api_key.encode("utf-8", "surrogateescape"), sha256)
        self._now_s = now_s
        self._ended: dict[str, int] = {}

    def begin(self) -> str:
        """Return the cookie of a new session."""
        content = f"{int(self._now_s()) + SESSION_S}.{secrets.token_urlsafe(16)}"
        return f"{content}.{self._sign('session', content)}"

    def of(self, cookie: str) -> Session | None:
        """Return the session of a cookie, None when it is none or ended."""
        content, _, signature = cookie.rpartition(".")
        if not hmac.compare_digest(self._sign("session", content).encode(), signature.encode()):
            return None
        ends, _, id_ = content.partition(".")
        if int(ends) <= self._now_s() or id_ in self._ended:
            return None
        return Session(id_, int(ends))

    def end(self, session: Session) -> None:
        """End a session: its cookie is worth nothing any more."""
        now = self._now_s()
        self._ended = {id_: ends for id_, ends in self._ended.items() if ends > now} | {
            session.id: session.ends
        }

    def form_token(self, session: Session) -> str:
        """Return what a form of a session has to send along."""
        return self._sign("form", session.id)

    def has_token(self, session: Session, token: str) -> bool:
        """Return whether a form was sent by a page of this session."""
        return hmac.compare_digest(self.form_token(session).encode(), token.encode("utf-8", "replace"))

    def _sign(self, use: str, content: str) -> str:
        return hmac.new(self._key, f"{use}:{content}".encode("utf-8", "replace"), sha256).hexdigest()


class Throttle:
    """Counts the wrong keys of each address.

    One key counts once however often it is sent: a program with an old key does not lock out its neighbours,
    and whoever guesses sends another one each time.
    """

    def __init__(self, clock: Callable[[], float], tries: int = TRIES, within_s: float = TRIES_S) -> None:
        self._clock = clock
        self._tries = tries
        self._within_s = within_s
        self._wrong: dict[str, dict[bytes, float]] = {}

    def is_open(self, address: str) -> bool:
        """Return whether a key from this address is looked at now."""
        return len(self._recent(address)) < self._tries

    def note_wrong(self, address: str, key: str) -> None:
        """Count a wrong key."""
        recent = self._recent(address) | {sha256(key.encode("utf-8", "replace")).digest(): self._clock()}
        self._wrong.pop(address, None)
        self._wrong[address] = recent
        if len(self._wrong) > ADDRESSES:
            del self._wrong[next(iter(self._wrong))]

    def _recent(self, address: str) -> dict[bytes, float]:
        since = self._clock() - self._within_s
        return {key: at for key, at in self._wrong.get(address, {}).items() if at > since}
