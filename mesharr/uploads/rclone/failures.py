"""What rclone's exit codes and error texts mean: try later, or what the user has to change."""

import re
from typing import Final
from urllib.parse import unquote

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
_LOGIN: Final = "correct user and password (or key) of the remote {remote}: in rclone.conf"
_ROOM: Final = "make room on the drive, or on the disk behind it"
_WRITE: Final = "let the account of the remote {remote}: write there"
_LASTING: Final = (
    _Lasting(
        "didn't find section in config file",
        "name the remote in rclone.conf, or correct the library's `remote`",
    ),
    _Lasting("decrypt configuration", "set RCLONE_CONFIG_PASS for mesharr"),
    _Lasting("didn't find backend called", "correct the remote's type in rclone.conf"),
    _Lasting(
        r"x509:|certificate (signed by unknown|has expired|is not (valid|trusted))",
        "have rclone trust the drive's certificate: `--ca-cert` in uploads.rclone.flags, or SSL_CERT_FILE",
    ),
    _Lasting("knownhosts:|host key", "check the drive's host key, and correct known_hosts_file of {remote}:"),
    _Lasting(
        "RequestTimeTooSkewed|difference between the request time", "set the clock of this machine (NTP)"
    ),
    _Lasting(
        "AuthorizationHeaderMalformed|PermanentRedirect|IllegalLocationConstraint",
        "correct region and endpoint of the remote {remote}: in rclone.conf",
    ),
    _Lasting(
        "AccountProblem|AccountIsDisabled|accountDisabled|AllAccessDisabled|user_suspended|user blocked"
        "|account (is|has been|was) (blocked|disabled|suspended|frozen|locked)",
        "ask the drive's provider why it has locked the account of the remote {remote}:",
    ),
    _Lasting(
        r"InvalidAccessKeyId|SignatureDoesNotMatch|\bExpiredToken\b|bad_auth_token|AuthenticationFailed"
        r"|failed to authorize account|unable to authenticate|couldn't login|logon is invalid",
        _LOGIN,
    ),
    _Lasting(
        r"invalid_grant|invalid_client|unauthorized_client|token (has )?(been )?(expired|revoked)"
        r"|(expired|invalid)_access_token|empty token|token expired and there.s no refresh token"
        r"|InvalidAuthenticationToken|Failed to authenticate|\bunauthenticated\b|log in (failed|required)"
        r"|rclone config reconnect|please run .rclone config",
        "sign in again: rclone config reconnect {remote}:",
    ),
    _Lasting(
        "teamDriveFileLimitExceeded|file limit for this shared drive|numChildrenInNonRootLimitExceeded"
        "|activeItemCreationLimitExceeded|too_many_files",
        "the drive, or the folder on it, has as many files as it may: delete some (the trash of a shared "
        "drive counts), or use another one",
    ),
    _Lasting(
        "Service Accounts do not have storage",
        "use a shared drive, or a user's account: a service account has no room of its own",
    ),
    _Lasting(
        r"storageQuotaExceeded|quotaLimitReached|insufficient[ _]?(storage|space)|no space left"
        r"|storage[ _]?(quota|limit|cap|full)|over ?quota|not enough (free )?(space|storage)"
        r"|(disk|bucket) quota exceeded|QuotaExceeded(?!.*rate)|disk (is |was )?full|exceeded storage"
        r"|(?<!transaction )(?<!download )\bcap[ _]exceeded",
        _ROOM,
    ),
    _Lasting(
        r"(name|path|key|segment|ur[il])[ _](.{0,40}[ _])?(?<!took )(?<!taking )too[ _]long|ENAMETOOLONG"
        r"|KeyTooLong|pathIsTooLong|maximum (file ?name|path) length|malformed_path"
        r"|names? must be no (more|longer) than",
        _SHORTEN,
        FileRefused,
    ),
    _Lasting(
        "EntityTooLarge|request entity too large|file (is )?too (large|big)|file_size_limit"
        "|exceeds the maximum|maxFileSize|teamDriveHierarchyTooDeep|restricted_content",
        "the drive takes no such file: a smaller one, or another remote",
        FileRefused,
    ),
    _Lasting(
        r"invalid[ _]?((file|folder|object|item)[ /_]?)*name\b|name(_| is )(in|not )valid"
        r"|name (isn.t|is not|not) allowed|not allowed inside a file|disallowed_name|is disallowed"
        r"|(invalid|unsupported) ?characters?|any of the following characters|reserved (name|word)",
        "give it a name that the drive takes, in your app",
        FileRefused,
    ),
    _Lasting(
        r"insufficient(File|Parent|)Permissions|(in)?sufficient permission|cannotAddParent|AccessDenied"
        r"|access[_ ]denied|permission denied|\b403\b.*forbidden|\bforbidden\b.*\b403\b|403 Forbidden"
        r"|accessNotConfigured|appNotAuthorizedToFile|read-only file system|insufficientScopes"
        r"|missing_scope|no_write_permission|domainPolicy|forbidden_by_policy|not authorized to",
        _WRITE,
    ),
    _Lasting(
        r"\b401\b|unauthorized|(authentication|login|logon) (failed|incorrect|failure)",
        _LOGIN,
    ),
    _Lasting(
        "NoSuchBucket|bucket does not exist|you must use bucket|ContainerNotFound|InvalidBucketName",
        "create the bucket, or correct the library's `remote`",
    ),
)
"""The first that fits decides. The words of each drive are in rclone's source, below `backend/`."""

_LIMITED: Final = re.compile(
    r"rate ?limit ?exceeded|userRateLimit|dailyLimit|uploadLimit|upload limit|too many requests|\b429\b"
    r"|too_many_(requests|write)|quota exceeded|SlowDown|max transfer limit|activityLimitReached"
    r"|(transaction|download)[ _]cap[ _]exceeded",
    re.IGNORECASE,
)
_PATTERNS: Final = tuple((re.compile(each.text, re.IGNORECASE), each) for each in _LASTING)


def failure(code: int, errors: str, shown: str, target: str, *, gone: bool) -> MesharrError:
    """Return the error for an exit code of rclone and its last errors.

    `errors` is what rclone wrote, `shown` the same without secrets; `target` is what it was to write or to
    look at, `gone` whether the file to upload is not there any more.
    """
    text = shown or f"exit code {code}"
    remote, _, path = target.partition(":")
    errors = _without_names(errors, path)
    if code < 0 or code == 143:
        return Unavailable(f"the upload was stopped: {text}")
    if code == 6 and "being updated" in errors:
        return Unavailable(f"the source changed while uploading: {text}")
    limited = code in {7, 8} or _LIMITED.search(errors)
    for pattern, lasting in _PATTERNS:
        # a drive says "forbidden" also when it only takes no more for now
        if pattern.search(errors) and not (limited and lasting.fix == _WRITE):
            return lasting.kind(f"rclone: {text}", lasting.fix.format(remote=remote))
    if code == 2:
        return Refused(f"rclone does not understand its flags: {text}", "correct uploads.rclone")
    if limited:
        return Quota(f"rclone takes no more for now: {text}")
    return Unavailable(f"{'the source is gone' if gone else f'rclone failed ({code})'}: {text}")


def _without_names(errors: str, path: str) -> str:
    """Leave out the names of a path that read like a failure: a film may be called Unauthorized."""
    for name in path.split("/"):
        if any(pattern.search(name) for pattern in (_LIMITED, *(each for each, _ in _PATTERNS))):
            errors = unquote(errors).replace(name, "")
    return errors


def too_long(target: str) -> FileRefused:
    """Return the error for a target whose name is longer than drives take."""
    return FileRefused(f"the name is too long for the drive: {target.rpartition('/')[2]}", _SHORTEN)
