"""Make the pages from their templates, with what peers wrote as harmless text."""

import os
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

from starlette.responses import HTMLResponse

FOLDER = os.path.dirname(__file__)
POLICY = "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}
"""What every page is sent with: nothing of it comes from anywhere else, and nothing of it is kept."""


class Templates:
    """The templates of the pages, below a URL base."""

    def __init__(self, base: str, clock: Callable[[], int]) -> None:
        self._base = base
        self._clock = clock

    def render(self, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """Return a page."""
        from mesharr.web.pages.environment import environment  # noqa: PLC0415 - jinja2 only once a page is read

        own = {"base": self._base, "url": self.url, "now_ms": self._clock()}
        text = environment().get_template(template).render(**own, **values)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    def url(self, *parts: object, **query: object) -> str:
        """Return the path of a page, each part of it quoted, and its query without what is empty."""
        path = "".join(f"/{quote(str(part), safe=':')}" for part in parts)
        asked = {name: value for name, value in query.items() if value not in {"", 0, None}}
        return f"{self._base}{path or '/'}{f'?{urlencode(asked)}' if asked else ''}"
