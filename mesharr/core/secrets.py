"""Mask secrets in texts that come from outside or go to a log."""

import json
import re
from collections.abc import Collection, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl, quote, quote_plus, unquote, urlsplit

HIDDEN: Final = "***"

_KEY_WORDS: Final = (
    r"api_?key|apitoken|(?:access_|auth_)?token|password|passwd|x-plex-token|x-emby-token|x-api-key"
)
_KEY_WORD: Final = re.compile(rf"(?i){_KEY_WORDS}")
_PARAMETER: Final = re.compile(rf"(?i)(?<![a-z0-9])({_KEY_WORDS})=[^\s&\"'<>,;)]+")
_HEADER: Final = re.compile(
    r"(?i)\b((?:x-api-key|x-plex-token|x-emby-token|authorization)b?['\"]?\s*[:,]\s*b?['\"]?)"
    r"(?:(?:basic|bearer)\s+)?[^\s'\",]+"
)
# without the scheme before it: to look for one takes time by the square of a long word
_USERINFO: Final = re.compile(r"://[^\s/?#\"'<>]+@")
_OUTPUT: Final = (
    (re.compile(r"//[^/@\s\"]*@"), f"//{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic)\s+\S+"), rf"\1 {HIDDEN}"),
    (
        re.compile(
            # bounded: in a long word it would be looked for by the square of its length
            r"(?i)((?:pass|token|secret|key|auth|signature)[\w-]{0,40}[\"']?\s*[=:]\s*)"
            r"(?:\"[^\"]*\"|'[^']*'|[^\s,&;]+)"
        ),
        rf"\1{HIDDEN}",
    ),
)
_HARMLESS_HEADERS: Final = frozenset(
    ("host", "accept", "accept-encoding", "connection", "content-length", "content-type", "user-agent")
)
"""The headers that every request has, and that nobody puts a key into."""


class Scrubber:
    """Masks secrets in texts."""

    def __init__(self, secrets: Collection[str]) -> None:
        """Mask these secrets, also URL-encoded, and whatever looks like a secret.

        That is `apikey=…`, `X-Plex-Token=…`, the user and password of a URL, and the like.
        """
        spelled = {form for secret in secrets if secret for form in _forms(secret)}
        # the longest first: one secret may be the beginning of another
        alternatives = "|".join(re.escape(form) for form in sorted(spelled, key=len, reverse=True))
        self._known = re.compile(alternatives) if alternatives else None

    def scrub(self, text: str) -> str:
        """Return a text with `***` in place of each secret."""
        if self._known is not None:
            text = self._known.sub(HIDDEN, text)
        text = _USERINFO.sub(f"://{HIDDEN}@", text)
        text = _PARAMETER.sub(rf"\1={HIDDEN}", text)
        return _HEADER.sub(rf"\1{HIDDEN}", text)


def masked_output(text: str) -> str:
    """Return what another program wrote, with `***` in place of whatever may be a secret.

    More is masked than by a `Scrubber`: that program's secrets are not known here.
    """
    for secret, instead in _OUTPUT:
        text = secret.sub(instead, text)
    return text


def secrets_sent(headers: Mapping[str, str]) -> list[str]:
    """Return what the headers of a request may carry of secrets, as a server might repeat them."""
    sent = [value for name, value in headers.items() if name.lower() not in _HARMLESS_HEADERS]
    # of `Basic dTpw` and of `MediaBrowser Token="abc"` also the secret alone
    inner = [value.partition(mark)[2].rstrip('"') for value in sent for mark in (" ", '"')]
    return [value for value in (*sent, *inner) if value]


def secrets_in_url(url: str) -> Iterator[str]:
    """Yield the password of a URL, and the keys in its query."""
    try:
        parts = urlsplit(url)
        login = parts.netloc.rpartition("@")[0]
    except ValueError:
        return
    if password := unquote(login.partition(":")[2]):
        yield password
    yield from (value for name, value in parse_qsl(parts.query) if value and _KEY_WORD.fullmatch(name))


def _forms(secret: str) -> set[str]:
    escaped = {repr(secret)[1:-1], json.dumps(secret)[1:-1]}
    return {secret, quote(secret), quote(secret, safe=""), quote_plus(secret), *escaped}
