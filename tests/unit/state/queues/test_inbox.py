"""The inbox keeps what the apps sent, in order, until it was processed."""

from tests.unit.state.samples import NOW, opened


def test_hints_come_in_order_and_stay_until_they_are_done() -> None:
    inbox = opened().inbox
    for body in (b"one", b"two"):
        inbox.put("radarr", "webhook", body, NOW)
    hints = inbox.due(NOW)
    assert [hint.body for hint in hints] == [b"one", b"two"]
    inbox.done([hints[0].n])
    assert [hint.body for hint in inbox.due(NOW)] == [b"two"]
    assert inbox.count() == 1


def test_a_hint_kept_for_later_says_why_and_counts_its_tries() -> None:
    inbox = opened().inbox
    inbox.put("radarr", "script", b"{}", NOW)
    inbox.later([inbox.due(NOW)[0].n], NOW + 50, "Radarr does not answer")
    assert inbox.due(NOW + 49) == []
    assert inbox.next_due() == NOW + 50
    (hint,) = inbox.due(NOW + 50)
    assert (hint.tries, hint.why, hint.received) == (1, "Radarr does not answer", NOW)
