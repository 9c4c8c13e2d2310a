"""Compile the templates of the pages, and write values in them as people read them."""

import os
from datetime import UTC, datetime
from functools import cache
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from mesharr.core.planning.limits import OWN
from mesharr.core.text import quantity, size_text, span, visible
from mesharr.node.reports.wording import (
    answer_text,
    changes_text,
    peer_uploads_text,
    progress_text,
    queue_text,
    rejected_text,
    rejecting_text,
)


@cache
def environment() -> Environment:
    """Return what compiles the templates, each once."""
    made = Environment(
        loader=FileSystemLoader(os.path.join(os.path.dirname(__file__), "templates")),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_shown,
    )
    made.filters |= {
        "ago": _ago,
        "until": _until,
        "moment": _moment,
        "size": size_text,
        "changes": changes_text,
        "rejecting": rejecting_text,
        "rejected": rejected_text,
        "progress": progress_text,
        "peer_uploads": peer_uploads_text,
        "percent": _percent,
        "answer": answer_text,
    }
    made.globals |= {"quantity": quantity, "queue_text": queue_text, "own": OWN}
    return made


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
