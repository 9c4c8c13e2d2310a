"""Make the pages from their templates, with what peers wrote as harmless text."""

import os
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from typing import Any
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from starlette.responses import HTMLResponse

from mesharr.core.planning.limits import OWN
from mesharr.core.text import quantity, size_text, span, visible
from mesharr.node.reports.wording import (
    changes_text,
    progress_text,
    queue_text,
    rejected_text,
    rejecting_text,
)

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
        own = {"base": self._base, "url": self.url, "now_ms": self._clock()}
        text = _environment().get_template(template).render(**own, **values)
        return HTMLResponse(text, status_code=status, headers=HEADERS)

    def url(self, *parts: object, **query: object) -> str:
        """Return the path of a page, each part of it quoted, and its query without what is empty."""
        path = "".join(f"/{quote(str(part), safe=':')}" for part in parts)
        asked = {name: value for name, value in query.items() if value not in {"", 0, None}}
        return f"{self._base}{path or '/'}{f'?{urlencode(asked)}' if asked else ''}"


@cache
def _environment() -> Environment:
    """Return what compiles the templates, each once."""
    environment = Environment(
        loader=FileSystemLoader(os.path.join(FOLDER, "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    environment.filters |= {
        "ago": _ago,
        "until": _until,
        "moment": _moment,
        "size": size_text,
        "changes": changes_text,
        "rejecting": rejecting_text,
        "rejected": rejected_text,
        "progress": progress_text,
        "percent": _percent,
    }
    environment.globals |= {"quantity": quantity, "queue_text": queue_text, "own": OWN}
    return environment


@pass_context
def _ago(context: Context, text: str) -> str:
    """Return how long ago a time of a report was: `10 min ago`."""
    past = _past(text, context["now_ms"])
    return text if past is None else f"{span(past)} ago" if past >= 1 else "now"


@pass_context
def _until(context: Context, text: str) -> str:
    """Return how long it is until a time of a report: `in 10 min`."""
    past = _past(text, context["now_ms"])
    return text if past is None else f"in {span(-past)}" if past <= -1 else "now"


def _past(text: str, now_ms: int) -> float | None:
    try:
        then = datetime.fromisoformat(text)
    except ValueError:
        return None
    return now_ms / 1000 - then.replace(tzinfo=then.tzinfo or UTC).timestamp()


def _moment(text: str) -> str:
    """Return a time of a report as it is read: `2026-11-22 18:19 UTC`."""
    return f"{text[:10]} {text[11:16]} UTC" if text[10:11] == "T" else text


def _percent(done: int, of: int) -> int:
    return min(100, 100 * done // of) if of else 0


def _shown(value: Any) -> Any:
    """Return a text without control characters, which could turn the text around it."""
    if type(value) is not str or value.isprintable():
        return value
    return "\n".join(visible(line) for line in value.split("\n"))
