"""What rclone wrote, as a user reads it."""

import pytest

from mesharr.uploads.rclone.processes import without_secrets


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("webdav: https://me:hush@nas/dav failed\n", "webdav: https://***@nas/dav failed"),
        ("client_secret = hush, my-api-key: 'hush'", "client_secret = ***, my-api-key: ***"),
        ("secret_access_key=hush;token: hush", "secret_access_key=***;token: ***"),
        ("monkey business in Donkey.Kong.mkv", "monkey business in Donkey.Kong.mkv"),
        ("key" * 50_000, ("key" * 50_000)[:500]),  # by the cube of its length it would take for ever
    ],
)
def test_secrets_are_left_out_of_texts_of_any_length(written: str, shown: str) -> None:
    assert without_secrets(written) == shown
