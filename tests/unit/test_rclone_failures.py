"""What the drives say through rclone is for later, for a pause, or for the user with its fix."""

import pytest

from mesharr.core.errors import Unavailable
from mesharr.uploads.base import FileRefused, Quota
from mesharr.uploads.rclone.failures import failure

TARGET = "drive:movies/Film 7 (2007)/Film 7.mkv"
REFUSED = {
    "make room": (
        "quotaLimitReached: Insufficient Space Available",
        "upload failed: path/insufficient_space/..",
        "api error XMinioStorageFull: Storage backend has reached its minimum free drive threshold.",
        "api error XMinioAdminBucketQuotaExceeded: Bucket quota exceeded",
        "Cannot upload files, storage cap exceeded. See the Caps & Alerts page. (403 storage_cap_exceeded)",
        "Cap exceeded. (403 cap_exceeded)",
        'Error "storage_limit_exceeded" (403): Account storage limit reached',
        "pcloud error: User over quota. (2008)",
        "Insufficient space in /x, 12 required: Sabre\\DAV\\Exception\\InsufficientStorage: 507",
        "response error: {Disk Full} An operation failed because the disk was full.",
        "552 Requested file action aborted. Exceeded storage allocation",
    ),
    "use a shared drive": (
        "googleapi: Error 403: Service Accounts do not have storage quota., storageQuotaExceeded",
    ),
    "as many files as it may": (
        "googleapi: Error 403: It has exceeded the creation limit, activeItemCreationLimitExceeded",
        "upload failed: path/too_many_files/",
    ),
    "write there": (
        "accessDenied: Access Denied",
        "upload failed: path/no_write_permission/..",
        "missing_scope/..",
        "googleapi: Error 403: The domain administrators have disabled Drive apps., domainPolicy",
        'Error "forbidden_by_policy" (403): Access denied due to policy',
        "RESPONSE 403: 403 This request is not authorized to perform this operation",
        "pcloud error: Access denied. You do not have permissions to preform this operation. (2003)",
    ),
    "correct user and password": (
        "api error ExpiredToken: The provided token has expired.",
        "failed to authorize account: failed to authenticate: Invalid token (401 bad_auth_token)",
        "RESPONSE 403: 403 Server failed to authenticate the request. ERROR CODE: AuthenticationFailed",
        "ssh: handshake failed: ssh: unable to authenticate, attempted methods [none password]",
        "couldn't login: Object (typically, node or user) not found",
        "response error: The attempted logon is invalid. This is due to a bad username.",
        "530 Login incorrect.",
    ),
    "rclone config reconnect drive:": (
        "unauthenticated: The caller is not authenticated.",
        "couldn't fetch token: invalid_grant: AADSTS700082: The refresh token has expired",
        "unable to get drive_id and drive_type - please run `rclone config` and re-configure this backend",
        "pcloud error: Log in failed. (2000)",
        'invalid_request: maybe token expired? - try refreshing with "rclone config reconnect drive:"',
    ),
    "region and endpoint": (
        "api error AuthorizationHeaderMalformed: the region 'us-east-1' is wrong; expecting 'eu-west-1'",
    ),
    "clock": (
        "api error RequestTimeTooSkewed: The difference between the request time and now is too large",
    ),
    "create the bucket": (
        "api error NoSuchBucket: The specified bucket does not exist",
        'you must use bucket(s) ["a"] with this application key',
        "RESPONSE 404: 404 The specified container does not exist. ERROR CODE: ContainerNotFound",
    ),
    "known_hosts": ("couldn't connect SSH: ssh: handshake failed: knownhosts: key mismatch",),
    "certificate": ("tls: failed to verify certificate: x509: certificate signed by unknown authority",),
    "provider": ("user_suspended/", "api error AccountProblem: There is a problem with your account"),
}
REFUSED_FILES = {
    "shorter name": (
        "invalidRequest: pathIsTooLong: Path exceeds max length",
        "api error KeyTooLongError: Your key is too long",
        "File names must be no longer than 1024 bytes (400 bad_request)",
        "File name segment is too long, it must be no more than 250 bytes (400 bad_request)",
        'Error "item_name_too_long" (400): Item name too long',
        "response error: A specified name string is too long for its intended use.",
    ),
    "name that the drive takes": (
        "invalidRequest: The provided name cannot contain any of the following characters: # % *",
        'file name "desktop.ini" is disallowed - not uploading',
        "api error XMinioInvalidObjectName: Object name contains unsupported characters.",
        'Error "item_name_invalid" (400): Item name invalid',
        "pcloud error: Invalid file/folder name. (2001)",
        '":" is not allowed inside a file or folder name.: InvalidPath: 400 Bad Request',
        "553 File name not allowed.",
    ),
    "no such file": ("path/restricted_content/", 'Error "file_size_limit_exceeded" (403): File size'),
}
PAUSED = (
    "activityLimitReached: The request has been throttled",
    "Transaction cap exceeded. See the Caps & Alerts page. (403 transaction_cap_exceeded)",
    "api error SlowDown: Please reduce your request rate.",
    "path/too_many_write_operations/.",
    "googleapi: Error 403: User rate limit exceeded., userRateLimitExceeded",
)
LATER = (
    "upload chunks may be taking too long - try reducing --onedrive-chunk-size",
    "the listing of the path took too long",
    "423 Locked",
    "HTTP error 503 (503 Service Unavailable)",
    "dial tcp: lookup api.onedrive.com: no such host",
    "net/http: request canceled: maximum retries exceeded",
)


def _failure(text: str, target: str = TARGET) -> Exception:
    return failure(1, text, text, target, gone=False)


@pytest.mark.parametrize("fix", [*REFUSED, *REFUSED_FILES])
def test_what_lasts_is_refused_with_its_fix(fix: str) -> None:
    for text in (*REFUSED.get(fix, ()), *REFUSED_FILES.get(fix, ())):
        error = _failure(text)
        assert fix in getattr(error, "fix", ""), (text, error)
        assert isinstance(error, FileRefused) == (fix in REFUSED_FILES)


def test_what_passes_pauses_the_remote_or_is_tried_again() -> None:
    assert {text: type(_failure(text)) for text in PAUSED} == dict.fromkeys(PAUSED, Quota)
    assert {text: type(_failure(text)) for text in LATER} == dict.fromkeys(LATER, Unavailable)


@pytest.mark.parametrize("name", ["Unauthorized (2010)", "Access Denied (2019)", "Over Quota", "Error 429"])
def test_the_name_of_a_film_is_no_reason(name: str) -> None:
    for written in (
        f"open /mnt/{name}/{name}.mkv: input/output error",
        f"PUT /{name.replace(' ', '%20')}: EOF",
    ):
        assert type(_failure(written, f"drive:{name}/{name}.mkv")) is Unavailable, written
