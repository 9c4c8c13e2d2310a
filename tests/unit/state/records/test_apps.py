"""What is known of each app, and how far each library is with it."""

from collections import Counter

from mesharr.core.events.schema import LibraryInfo
from tests.unit.state.samples import MOVIES, NOW, opened


def test_what_is_kept_of_an_app_does_not_touch_the_rest() -> None:
    apps = opened().apps
    assert apps.description("radarr") is None
    apps.note_settings_checked("radarr", NOW)
    assert apps.description("radarr") is None
    apps.describe("radarr", LibraryInfo(app="radarr", version="5"))
    apps.note_history("radarr", [], NOW + 1)
    assert apps.description("radarr") == LibraryInfo(app="radarr", version="5")
    assert (apps.settings_checked("radarr"), apps.history_read("radarr")) == (NOW, NOW + 1)
    assert (apps.settings_checked("sonarr"), apps.history_read("sonarr")) == (0, 0)


def test_a_row_of_a_history_is_marked_as_often_as_it_was_read_last() -> None:
    apps = opened().apps
    apps.note_history("radarr", ["old"], NOW)
    apps.note_history("radarr", ["a", "b", "a"], NOW)
    apps.note_history("sonarr", ["c"], NOW)
    assert apps.history_marks("radarr") == Counter(a=2, b=1)


def test_each_library_has_its_own_times() -> None:
    libraries = opened().libraries
    assert (libraries.baselined(MOVIES), libraries.compared(MOVIES), libraries.app_start(MOVIES)) == (
        0,
        0,
        "",
    )
    libraries.note_baselined(MOVIES, NOW)
    libraries.note_compared(MOVIES, NOW + 1)
    libraries.note_app_start(MOVIES, "2026-11-22T10:00:00Z")
    libraries.note_baselined("tv", NOW)
    assert (libraries.baselined(MOVIES), libraries.compared(MOVIES)) == (NOW, NOW + 1)
    libraries.forget_baselined()
    assert (libraries.baselined(MOVIES), libraries.baselined("tv")) == (0, 0)
    assert (libraries.compared(MOVIES), libraries.app_start(MOVIES)) == (NOW + 1, "2026-11-22T10:00:00Z")
