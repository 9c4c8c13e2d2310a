"""Which files are sent together: small ones of one library, in their turn, in batches of one length."""

import pytest

from mesharr.node.outward.uploading.small_files import LARGEST, MOST_BYTES, MOST_FILES, first_batch
from mesharr.state.queues.uploads import Upload

SIZE = 1000


def waiting(
    n: int, *, size: int = SIZE, library: str = "tv", replaces: bool = False, outbox: int = 1
) -> Upload:
    return Upload(n, outbox, library, f"{n}.mkv", size, "waiting", b"", replaces, 0, 0, "")


def numbers(due: list[Upload], batches: int = 1) -> list[int]:
    return [each.n for each in first_batch(due, batches)]


def test_small_files_are_sent_together_in_their_turn() -> None:
    assert numbers([waiting(n) for n in range(5)]) == [0, 1, 2, 3, 4]
    assert first_batch([], 2) == []


def test_what_is_due_is_shared_among_the_free_transfers() -> None:
    assert numbers([waiting(n) for n in range(8)], batches=4) == [0, 1]
    assert numbers([waiting(n) for n in range(9)], batches=4) == [0, 1, 2]
    assert numbers([waiting(n) for n in range(3)], batches=4) == [0]


def test_a_batch_is_bounded_in_files_and_bytes() -> None:
    assert len(numbers([waiting(n) for n in range(MOST_FILES + 9)])) == MOST_FILES
    assert len(numbers([waiting(n, size=LARGEST) for n in range(9)])) == MOST_BYTES // LARGEST


@pytest.mark.parametrize(
    "other",
    [
        waiting(1, size=LARGEST + 1),
        waiting(1, size=0),
        waiting(1, library="movies"),
        waiting(1, replaces=True),
        waiting(1, outbox=0),
    ],
    ids=["large", "size not known", "another library", "replaces a file", "a sidecar"],
)
def test_what_is_of_another_kind_waits_for_the_next_batch_and_goes_alone_if_it_is_first(
    other: Upload,
) -> None:
    assert numbers([waiting(0), other, waiting(2)]) == [0]
    assert first_batch([other, waiting(2), waiting(3)], 1) == [other]
