"""How much a simulated arr does for an answer: steps, not time."""

import sys

from mesharr.demo.arr.app import SimulatedApp
from tests.support.receiver import Receiver


def calls_of(arr: SimulatedApp, around: Receiver, path: str) -> int:
    """How many Python functions a GET calls: steps, not time."""
    client = around.client_of(arr)
    count = 0

    def step(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    before = sys.getprofile()
    sys.setprofile(step)
    try:
        answer = client.get(path)
    finally:
        sys.setprofile(before)
    assert answer.status_code == 200
    return count
