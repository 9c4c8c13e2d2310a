"""Find the API key in a request: as a header, a parameter, or the password of basic auth."""

import base64
import binascii
import hmac

from starlette.requests import Request


class ApiKey:
    """The key that requests are compared with; an empty one fits none."""

    def __init__(self, key: str) -> None:
        # the apps encode basic auth as ISO-8859-1, other clients as UTF-8
        self._keys = {key.encode(), key.encode("latin-1", "replace")} if key else set()

    @property
    def is_set(self) -> bool:
        """Whether there is a key at all."""
        return bool(self._keys)

    def is_sent_with(self, request: Request) -> bool:
        """Return whether a request has the key."""
        return any(self._fits(offer) for offer in _offered(request))

    def offered_with(self, request: Request) -> str:
        """Return the key that a request has, be it the right one or not; "" for none."""
        return next((offer.decode("latin-1") for offer in _offered(request) if offer), "")

    def fits(self, text: str) -> bool:
        """Return whether a text that a user typed is the key."""
        return self._fits(text.strip().encode("utf-8", "surrogateescape"))

    def _fits(self, offer: bytes) -> bool:
        return any(hmac.compare_digest(key, offer) for key in self._keys)


def _offered(request: Request) -> tuple[bytes, ...]:
    return (
        request.headers.get("x-api-key", "").encode("latin-1"),
        request.query_params.get("apikey", "").encode("utf-8", "surrogateescape"),
        _password(request.headers.get("authorization", "")),
    )


def _password(header: str) -> bytes:
    scheme, _, value = header.partition(" ")
    if scheme.lower() != "basic":
        return b""
    try:
        return base64.b64decode(value.strip(), validate=True).partition(b":")[2]
    except (binascii.Error, ValueError):
        return b""
