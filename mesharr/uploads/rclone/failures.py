"""What rclone's exit codes and error texts mean: try later, or what the user has to change."""

import re
from typing import Final

import msgspec

from mesharr.core.errors import MesharrError, Refused, Unavailable
from mesharr.uploads.base import FileRefused, Quota


class _Lasting(msgspec.Struct, frozen=True):
    """A failure that no later try mends."""

    text: str
    """The words of rclone, or of the drive, as a pattern."""
    fix: str
    """What the user can do; `{remote}` is the name of the remote."""
    kind: type[Refused] = Refused
    """Whether it is about the remote, or about this file."""


_SHORTEN: Final = "give it a shorter name in your app; encrypted names (crypt) may have about 140 characters"
_LASTING: Final = (
    _Lasting(
        "didn't find section in config file",
        "name the remote in rclone.conf, or correct the library's `remote`",
    ),
    _Lasting("decrypt configuration", "set RCLONE_CONFIG_PASS for mesharr"),
    _Lasting("didn't find backend called", "correct the remote's type in rclone.conf"),
    _Lasting(
        r"invalid_grant|invalid_client|unauthorized_client|token (has )?(been )?(expired|revoked)"
        r"|(expired|invalid)_access_token|empty token|token expired and there.s no refresh token"
        r"|InvalidAuthenticationToken|Failed to authenticate",
        "sign in again: rclone config reconnect {remote}:",
    ),
    _Lasting(
        "teamDriveFileLimitExceeded|file limit for this shared drive|numChildrenInNonRootLimitExceeded",
        "the shared drive has as many files as it may: delete some (its trash counts), or use another one",
    ),
    _Lasting(
        "storageQuotaExceeded|quotaLimitReached|insufficient_space|insufficient storage|no space left"
        "|storage (quota|limit)|over ?quota|storage_limit_exceeded|not enough (free )?(space|storage)"
        "|InsufficientStorage|disk quota exceeded|QuotaExceeded(?!.*rate)",
        "make room on the drive, or on the disk behind it",
    ),
    _Lasting(
        "file ?name too long|name(_| )too(_| )long|ENAMETOOLONG|KeyTooLong|key is too long|path too long"
        "|pathIsTooLong|maximum (file ?name|path) length|malformed_path|filename is too long"
        "|request-uri too long|uri too long",
        _SHORTEN,
        FileRefused,
    ),
    _Lasting(
        "EntityTooLarge|request entity too large|file (is )?too (large|big)|file_size_limit"
        "|exceeds the maximum|maxFileSize|teamDriveHierarchyTooDeep",
        "the drive takes no such file: a smaller one, or another remote",
        FileRefused,
    ),
    _Lasting(
        "invalid (file ?)?name|disallowed_name|invalidCharacters|invalid characters?",
        "give it a name that the drive takes, in your app",
        FileRefused,
    ),
    _Lasting(
        r"insufficient(File|Parent|)Permissions|insufficient permission|cannotAddParent|AccessDenied"
        r"|access[_ ]denied|permission denied|\b403\b.*forbidden|\bforbidden\b.*\b403\b|403 Forbidden"
        r"|accessNotConfigured|appNotAuthorizedToFile|read-only file system|insufficientScopes",
        "let the account of the remote {remote}: write there",
    ),
    _Lasting(
        r"\b401\b|unauthorized|InvalidAccessKeyId|SignatureDoesNotMatch|unable to authenticate"
        r"|(authentication|login|logon) (failed|incorrect|failure)",
        "correct user and password (or key) of the remote {remote}: in rclone.conf",
    ),
    _Lasting("NoSuchBucket|bucket does not exist", "create the bucket, or correct the library's `remote`"),
)
"""The first that fits decides."""

_LIMITED: Final = re.compile(
    r"rate ?limit ?exceeded|userRateLimit|dailyLimit|uploadLimit|upload limit|too many requests|\b429\b"
    r"|too_many_(requests|write)|quota exceeded|SlowDown|max transfer limit",
    re.IGNORECASE,
)
_PATTERNS: Final = tuple((re.compile(each.text, re.IGNORECASE), each) for each in _LASTING)


def failure(code: int, errors: str, shown: str, remote: str, *, gone: bool) -> MesharrError:
    """Return the error for an exit code of rclone and its last errors.

    `errors` is what rclone wrote, `shown` the same without secrets; `remote` is the name of the remote,
    `gone` whether the file to upload is not there any more.
    """
    text = shown or f"exit code {code}"
    if code < 0 or code == 143:
        return Unavailable(f"the upload was stopped: {text}")
    if code == 6 and "being updated" in errors:
        return Unavailable(f"the source changed while uploading: {text}")
    limited = code in {7, 8} or _LIMITED.search(errors)
    for pattern, lasting in _PATTERNS:
        # a drive says "forbidden" also when it only takes no more for now
        if pattern.search(errors) and not (limited and "write there" in lasting.fix):
            return lasting.kind(f"rclone: {text}", lasting.fix.format(remote=remote))
    if code == 2:
        return Refused(f"rclone does not understand its flags: {text}", "correct uploads.rclone")
    if limited:
        return Quota(f"rclone takes no more for now: {text}")
    return Unavailable(f"{'the source is gone' if gone else f'rclone failed ({code})'}: {text}")


def too_long(target: str) -> FileRefused:
    """Return the error for a target whose name is longer than drives take."""
    return FileRefused(f"the name is too long for the drive: {target.rpartition('/')[2]}", _SHORTEN)
