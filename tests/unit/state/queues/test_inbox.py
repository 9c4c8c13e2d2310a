"""The inbox keeps what the apps sent, in order, until it was processed."""

from tests.unit.state.samples import NOW, opened


def test_entries_are_due_in_order_and_stay_until_they_are_done() -> None:
    inbox = opened().inbox
    for body in (b"one", b"two"):
        inbox.put("radarr", "webhook", body, NOW)
    entries = inbox.due(NOW)
    assert [entry.body for entry in entries] == [b"one", b"two"]
    inbox.done([entries[0].n])
    assert [entry.body for entry in inbox.due(NOW)] == [b"two"]
    assert inbox.count() == 1


def test_an_entry_that_is_tried_later_keeps_why_and_counts_its_tries() -> None:
    inbox = opened().inbox
    inbox.put("radarr", "script", b"{}", NOW)
    inbox.later([inbox.due(NOW)[0].n], NOW + 50, "Radarr does not answer")
    assert inbox.due(NOW + 49) == []
    assert inbox.next_due() == NOW + 50
    (entry,) = inbox.due(NOW + 50)
    assert (entry.tries, entry.why, entry.received) == (1, "Radarr does not answer", NOW)
