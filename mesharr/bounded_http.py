"""Send requests to other programs, and take no more of an answer than is ever needed.

A program that answers at this url may be another one than the user thinks, or be broken: an answer without an
end would take all memory, or a thread for ever.
"""

import ssl
import time
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import httpx

from mesharr.core.answers import PUBLIC_PAGES, other_program, program_in
from mesharr.core.text import size_text

MIB: Final = 1024 * 1024
LIBRARY_BYTES: Final = 256 * MIB
"""For an app: Radarr needs about 6 KiB for a film in its list of all films."""
ANSWER_BYTES: Final = 32 * MIB
"""For any other program."""
ANSWER_S: Final = 600.0
"""The time that one answer may take in all, while bytes arrive; other time-outs are for silence."""


class BoundedClient(httpx.Client):
    """A client whose answers have at most `max_bytes`, unpacked, and end within `max_s` seconds.

    Longer ones raise `httpx.ReadError` or `httpx.ReadTimeout`. A streamed answer is the caller's to bound.
    `count` is told how each request ended: `2xx` and the like, or `failed` without an answer. `verify` is
    what certificates are checked with; True: the known authorities, which are loaded once, and not for http.
    """

    def __init__(
        self,
        *,
        max_bytes: int = ANSWER_BYTES,
        max_s: float = ANSWER_S,
        count: Callable[[str], None] = lambda _outcome: None,
        base_url: httpx.URL | str = "",
        verify: ssl.SSLContext | bool = True,
        **options: Any,
    ) -> None:
        if verify is True:
            verify = _nobody() if httpx.URL(base_url).scheme == "http" else _known_authorities()
        super().__init__(base_url=base_url, verify=verify, **options)
        self._count = count
        self._max_bytes = max_bytes
        self._max_s = max_s

    def send(self, request: httpx.Request, *, stream: bool = False, **options: Any) -> httpx.Response:
        """Send a request and return the whole answer."""
        try:
            answer = self._sent(request, stream=stream, **options)
        except httpx.HTTPError:
            self._count("failed")
            raise
        self._count(f"{answer.status_code // 100}xx")
        return answer

    def _sent(self, request: httpx.Request, *, stream: bool, **options: Any) -> httpx.Response:
        end = time.monotonic() + self._max_s
        answer = super().send(request, stream=True, **options)
        if stream:
            return answer
        try:
            content = self._read(answer, end)
        finally:
            answer.close()
        return _whole(answer, content)

    def _read(self, answer: httpx.Response, end: float) -> bytes:
        content = bytearray()
        for part in answer.iter_bytes():
            content += part
            if len(content) > self._max_bytes:
                raise httpx.ReadError(
                    f"its answer is longer than {size_text(self._max_bytes)}", request=answer.request
                )
            if time.monotonic() > end:
                raise httpx.ReadTimeout("its answer does not end", request=answer.request)
        return bytes(content)


def other_program_at(
    client: httpx.Client, url: str, title: str, answer: httpx.Response | None = None
) -> tuple[str, str] | None:
    """Return that another program than `title` answers at a URL, and the fix, else None.

    What its `answer` does not tell is asked of pages that anybody is shown.
    """
    found = program_in(answer.headers, answer.content) if answer is not None else ""
    for page in PUBLIC_PAGES:
        if found:
            break
        try:
            shown = client.request("GET", url + page, follow_redirects=False)
        except httpx.HTTPError:
            return None
        found = program_in(shown.headers, shown.content)
    return other_program(title, found)


def redirect_target(answer: httpx.Response) -> str:
    """Return the URL that a redirect names, without its query and login; "" when it names none."""
    url = answer.next_request.url if answer.next_request else None
    return str(url.copy_with(query=None, fragment=None, username="", password="")) if url else ""


@cache
def _known_authorities() -> ssl.SSLContext:
    """Return what checks certificates as httpx does: each of its own would take 20 ms and 1 MiB."""
    return httpx.create_ssl_context()


@cache
def _nobody() -> ssl.SSLContext:
    """Return what accepts no certificate, for a client that is shown none."""
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def _whole(answer: httpx.Response, content: bytes) -> httpx.Response:
    """Return an answer with its content, which is unpacked already."""
    packed = {"content-encoding", "content-length", "transfer-encoding"}
    headers = [(name, value) for name, value in answer.headers.multi_items() if name not in packed]
    whole = httpx.Response(
        answer.status_code,
        headers=headers,
        content=content,
        request=answer.request,
        extensions=answer.extensions,
        history=answer.history,
    )
    whole.next_request = answer.next_request
    return whole
