"""The remote control of an rclone mount: have it look at a folder again.

A mount answers from its cached listing until `--dir-cache-time` runs out, so a peer's new file is
not there by any name; `vfs/refresh` costs one list request and makes the listing true.
"""

import re

import httpx
import msgspec

from mesharr.core.errors import Refused, Unavailable

_ABSENT = ("does not exist", "not a directory", "not found")
_USERINFO = re.compile(r"//[^/@\s\"]*@")
_TIMEOUT = httpx.Timeout(60.0, connect=5.0)


class _Refreshed(msgspec.Struct, frozen=True):
    result: dict[str, str] = {}


class _Failed(msgspec.Struct, frozen=True):
    error: str = ""


def rc_client(url: str, transport: httpx.BaseTransport | None = None) -> httpx.Client:
    """Return a client for a remote control; user and password move from the URL into a header.

    Raises `Refused` for a URL that is none.
    """
    try:
        parsed = httpx.URL(url)
    except httpx.InvalidURL as error:
        raise Refused("the url of a remote control cannot be read", "correct `rc`") from error
    auth = httpx.BasicAuth(parsed.username, parsed.password) if parsed.userinfo else None
    bare = parsed.copy_with(username="", password="")
    return httpx.Client(base_url=bare, auth=auth, timeout=_TIMEOUT, transport=transport)


class VfsRefresh:
    """Refreshes folders of one library in one mount. Every call may run twice.

    `prefix` is the library's folder inside the mount, "" when the mount shows the library itself;
    `vfs` names the mount (`gdrive:`) where one rclone process holds several.
    """

    def __init__(self, client: httpx.Client, prefix: str, vfs: str = "") -> None:
        self._client = client
        self._prefix = prefix.strip("/")
        self._vfs = vfs

    def refresh(self, folder: str) -> bool:
        """Read a library folder ("" for its root) again; return False when the remote has no such folder.

        A folder the mount does not know yet is reached from the deepest one it knows. Raises
        `Unavailable` when the mount or its backend does not do it.
        """
        return self._down_to("/".join(part for part in (self._prefix, folder.strip("/")) if part))

    def _down_to(self, folder: str) -> bool:
        if self._once(folder):
            return True
        if not folder:
            return False
        return self._down_to(folder.rpartition("/")[0]) and self._once(folder)

    def _once(self, folder: str) -> bool:
        """Refresh one folder; False when the mount does not know it. 200 alone does not say OK."""
        # the root of the mount is refreshed by naming no folder: `"dir": ""` is one that does not exist
        body = ({"dir": folder} if folder else {}) | ({"fs": self._vfs} if self._vfs else {})
        outcome = self._post(body).get(folder, "no word of it")
        if outcome == "OK":
            return True
        if any(word in outcome for word in _ABSENT):
            return False
        raise Unavailable(f"the mount could not refresh {folder or 'its root'}: {_scrubbed(outcome)}")

    def _post(self, body: dict[str, str]) -> dict[str, str]:
        try:
            answer = self._client.post("vfs/refresh", json=body)
        except httpx.TimeoutException as error:
            raise Unavailable("the mount's remote control did not answer in time") from error
        except httpx.HTTPError as error:
            why = _scrubbed(str(error) or type(error).__name__)
            raise Unavailable(f"the mount's remote control cannot be reached: {why}") from error
        if answer.status_code in {401, 403}:
            raise Unavailable("the mount's remote control refuses user and password", "check the rc url")
        try:
            if answer.is_success:
                return msgspec.json.decode(answer.content, type=_Refreshed).result
            why = msgspec.json.decode(answer.content, type=_Failed).error
        except msgspec.MsgspecError as error:
            raise Unavailable(
                f"the mount's remote control answered {answer.status_code} with something else",
                "check that rc is the --rc-addr of the mount",
            ) from error
        raise Unavailable(f"the mount's remote control answered {answer.status_code}: {_scrubbed(why)}")


def _scrubbed(text: str) -> str:
    return _USERINFO.sub("//", text)[:300]
