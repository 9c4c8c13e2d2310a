"""The pages show what there is, safely: what a peer wrote is text, and what it costs is bounded."""

import re
from pathlib import Path
from queue import SimpleQueue

import pytest

from mesharr.core.errors import Refused
from mesharr.core.events.schema import (
    Copy,
    FileImported,
    Item,
    ItemRemoved,
    LibraryInfo,
    NodeHello,
    PathConflict,
    UploadsInfo,
)
from mesharr.core.planning.limits import OWN
from mesharr.doctor.check_result import CheckResult
from mesharr.log.keys import key_text, words_of
from mesharr.node.reports import catalogue, item_document
from mesharr.state.events.item_facts import ItemFacts
from mesharr.state.state import State
from mesharr.web import app
from mesharr.web.common import source
from tests.unit.state.samples import ALICE, BOB, MOVIES, NOW, A, B, stored, unsigned_are_read
from tests.unit.web.served import HOSTILE, Serve, Served, film

PAGES = ["/", "/activity", "/library", "/library/movies/tmdb:1", "/approvals", "/peers", "/doctor", "/logs"]


@pytest.fixture
def inside(served: Served) -> Served:
    """A node, and a browser that has logged in."""
    assert served.login().status_code == 303
    return served


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_whole_and_sent_with_its_policy(inside: Served, path: str) -> None:
    answer = inside.client.get(path)
    assert answer.status_code == 200
    assert answer.text.startswith("<!doctype html>")
    assert answer.text.rstrip().endswith("</html>")
    assert answer.text.count("<h1>") == 1
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert answer.headers["cache-control"] == "no-store"
    assert not re.search(r"(?:src|href|action)=\"(?!/)", answer.text.replace('href="#main"', ""))
    assert not re.search(r"\son\w+=|style=|<script(?! src=)", answer.text)


@pytest.mark.parametrize("path", [*PAGES, "/events"])
def test_a_page_wants_a_session(served: Served, path: str) -> None:
    answer = served.client.get(path)
    assert answer.status_code == (401 if path == "/events" else 303)
    assert "Alien" not in answer.text


def test_what_a_peer_wrote_is_text(inside: Served) -> None:
    inside.apply(B, film(3, HOSTILE), ItemRemoved(library=MOVIES, id="tmdb:3", reason=HOSTILE, seen={}))
    inside.apply(A, film(3, HOSTILE))
    inside.hold([f"{HOSTILE}\u202e"])
    inside.state.outages.note("store", f"{HOSTILE}\u202e", NOW)
    inside.state.dirty.mark([(MOVIES, "tmdb:3")], NOW)
    paths = ["/", "/activity", "/library?search=%3Cscript", "/library/movies/tmdb:3", "/approvals"]
    for path in paths:
        text = inside.client.get(path).text
        assert "&lt;script&gt;alert(1)" in text
        assert "<script>alert" not in text
        assert "\u202e" not in text
    found = inside.client.get('/library?search="><b>x').text
    assert "<b>x" not in found


def test_the_overview_shows_what_needs_the_user_and_who_is_there(inside: Served) -> None:
    inside.hold(["A", "B"])
    inside.state.outages.note("app:radarr", "connection refused", inside.now - 3_600_000)
    text = inside.client.get("/").text
    for shown in (
        "needs approval: 2 items in movies: more than 20 deletions within an hour: mesharr approve",
        "<strong>radarr</strong>, for 60 min: connection refused",
        "bob",
        "imported Dune (2002) Bluray-2160p",
        "2 items need approval",
        "1 item, 4.2 GB",
    ):
        assert shown in text


def test_an_app_that_refuses_the_key_is_not_shown_as_ok(inside: Served) -> None:
    rows = 'radarr</th><td data-label="State">{}</td>'
    assert rows.format("ok") in inside.client.get("/").text
    inside.state.refusals.note("app:radarr", Refused("Radarr refuses the API key (401)"), NOW)
    assert rows.format("needs your action") in inside.client.get("/").text


@pytest.mark.parametrize(
    ("kind", "peer", "before", "after"),
    [
        ("removals", BOB, "If you reject it, the items stay in your app.", "has it done after all."),
        (
            "own_removals",
            OWN,
            "If you reject it, they are added to your app again, once",
            "Rejected; undone here: do it again",
        ),
    ],
)
def test_approvals_say_what_follows_when_they_are_rejected(
    inside: Served, kind: str, peer: str, before: str, after: str
) -> None:
    number = inside.hold(["Dune"], kind, peer)
    assert before in inside.client.get("/approvals").text
    inside.state.holds.reject(number)
    assert after in inside.client.get("/approvals").text


def test_activity_is_in_plain_words_and_filtered(inside: Served) -> None:
    text = inside.client.get("/activity").text
    deed = '<a href="/library/movies/tmdb:2">imported Dune (2002) Bluray-2160p</a>'
    assert f"<strong>bob</strong> {deed}" in text
    assert "Alien" in text
    filtered = inside.client.get(f"/activity?peer={BOB}").text
    assert "Alien" not in filtered
    assert f'<option value="{BOB}" selected>' in filtered


def test_a_long_activity_has_older_pages(inside: Served) -> None:
    inside.apply(B, *(film(n, f"Film {n}") for n in range(10, 80)))
    first = inside.client.get("/activity").text
    older = re.search(r'rel="next" href="([^"]+)"', first)
    assert older
    assert "Alien" not in first
    assert "Alien" in inside.client.get(older[1]).text


def test_the_library_is_searched_and_paged(inside: Served) -> None:
    inside.apply(B, *(film(n, f"Film {n:03}") for n in range(100, 160)))
    assert "62 items" in inside.client.get("/library").text
    assert "Page 2 of 2" in inside.client.get("/library?page=2").text
    found = inside.client.get("/library?search=alien").text
    assert ("1 item<" in found, "Film 101" in found) == (True, False)


def test_an_item_shows_owner_files_and_history(inside: Served) -> None:
    text = inside.client.get("/library/movies/tmdb:2").text
    for shown in ("Dune (2002)", "Film 2/a.mkv", "Bluray-2160p", "4.2 GB", "bob", "History"):
        assert shown in text
    missing = inside.client.get("/library/movies/tmdb:404")
    assert (missing.status_code, "No event is about tmdb:404" in missing.text) == (404, True)


def test_changes_are_approved_and_rejected_by_forms(inside: Served) -> None:
    first, second = inside.hold(["Heat"]), inside.hold(["Ran"], "first_adds")
    text = inside.client.get("/approvals").text
    assert "1 deletion from bob in movies" in text
    assert "1 addition from bob in movies" in text
    token = inside.token()
    assert inside.client.post(f"/approvals/{first}/approve", data={"token": token}).status_code == 303
    assert inside.client.post(f"/approvals/{second}/reject", data={"token": token}).status_code == 303
    assert [(hold.approved, hold.rejected) for hold in inside.state.holds.all()] == [
        (True, False),
        (False, True),
    ]
    assert inside.woken == 2
    assert "Approve after all" in inside.client.get("/approvals").text
    gone = inside.client.post("/approvals/99/approve", data={"token": token})
    assert (gone.status_code, "nothing with the number 99" in gone.text) == (409, True)


def test_two_files_of_one_path_are_decided_by_a_form(inside: Served) -> None:
    inside.conflict()
    text = inside.client.get("/approvals").text
    for shown in (
        ">Alien</a> in movies",
        "Film 1/a &amp; &lt;b&gt;.mkv",
        "4.0 GB",
        "bob",
        "9.0 GB",
        "this household",
        "is not uploaded: the drive has a file of bob there (4.0 GB)",
        "your file is uploaded beside theirs",
    ):
        assert shown in text
    action = '"/conflicts/movies/tmdb:1/keep-theirs?path=Film%201/a%20%26%20%3Cb%3E.mkv"'
    assert f'<form method="post" action={action}>' in text
    assert "see what is to be decided" in inside.client.get("/").text
    assert inside.client.post(action.strip('"'), data={"token": "wrong"}).status_code == 403
    assert inside.state.upload_conflicts.all()[0].answer == ""
    assert inside.client.post(action.strip('"'), data={"token": inside.token()}).status_code == 303
    assert inside.state.upload_conflicts.all()[0].answer == "keep-theirs"
    assert inside.woken == 1
    assert "Two files for one item" not in inside.client.get("/approvals").text
    gone = inside.client.post("/conflicts/movies/tmdb:1/keep-mine", data={"token": inside.token()})
    assert (gone.status_code, "has no files of two households" in gone.text) == (409, True)


def test_a_file_of_a_peer_that_waits_for_its_user_is_shown_without_a_choice(
    inside: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned_are_read(monkeypatch)
    living = inside.state.items.state(MOVIES, "tmdb:1").copies
    (path,) = (each.copy.path for each in living.values())
    waits = PathConflict(library=MOVIES, id="tmdb:1", path=path, size=7_000_000_000)
    strange = PathConflict(library=MOVIES, id="tmdb:2", path="Film 2/a.mkv", size=1)  # bob's own
    inside.apply(B, NodeHello(name="bob", key="A" * 43, conflicts=(waits, strange)))
    text = inside.client.get("/approvals").text
    for shown in (path, "7.0 GB", "on the disk there", "bob decides which one stays"):
        assert shown in text
    assert "Film 2/a.mkv" not in text
    assert "keep-theirs" not in text


def test_peers_are_shown_with_their_keys(inside: Served) -> None:
    inside.state.node_warnings.note_unknown(["eve-00000009"], NOW)
    text = inside.client.get("/peers").text
    assert "Last word" in text
    assert BOB in text
    assert "eve-00000009" in text
    assert "Fingerprint words" not in text, "nothing was read that its key signed"


def test_how_the_apps_of_a_peer_differ_stands_beside_it(
    inside: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    profiles = {ALICE: ("Any",), BOB: ("Any", "UHD")}

    def newest_hello(_state: State, node: str) -> NodeHello:
        movies = LibraryInfo(app="radarr", profiles=profiles[node])
        return NodeHello(name=node, key="A" * 43, libraries={MOVIES: movies})

    monkeypatch.setattr("mesharr.web.pages.views.newest_hello", newest_hello)
    assert "UHD" in inside.client.get("/peers").text.partition("Differences")[2]


def test_what_a_peer_has_used_of_its_daily_limit_stands_on_the_pages(
    inside: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    unsigned_are_read(monkeypatch)
    used = UploadsInfo(limit=700 * 10**9, sent=120 * 10**9, waiting=40 * 10**9)
    inside.apply(B, NodeHello(name="bob", key="A" * 43, uploads=used))
    for path in ("/", "/peers"):
        assert (
            "120.0 GB of 700.0 GB sent in 24 hours, 40.0 GB waiting, as of " in inside.client.get(path).text
        )
    inside.apply(B, NodeHello(name="bob", key="A" * 43))
    assert "sent in 24 hours" not in inside.client.get("/peers").text


def test_a_node_that_asks_to_join_is_accepted_by_a_form(inside: Served) -> None:
    carol = inside.newcomer()
    text = inside.client.get("/peers").text
    assert "carol asks to join" in text
    assert words_of(carol.key) in text
    path = f"/peers/{carol.node}/accept"
    assert inside.client.post(path, data={"token": "forged"}).status_code == 403
    assert f'{path}?words={words_of(carol.key)}"' in text
    other = inside.client.post(f"{path}?words=lusab-babad-gutih-tugad", data={"token": inside.token()})
    assert (other.status_code, "has another key now" in other.text) == (409, True)
    path += f"?words={words_of(carol.key)}"
    assert inside.client.post(path, data={"token": inside.token()}).status_code == 303
    assert {peer.node: peer.key for peer in inside.source.peers()}[carol.node] == key_text(carol.key)
    assert inside.woken == 1
    again = inside.client.post(path, data={"token": inside.token()})
    assert (again.status_code, "no node called carol" in again.text) == (409, True)


def test_the_doctor_is_run_by_a_form_and_shows_errors_first(serve: Serve) -> None:
    found = [CheckResult("app radarr", "good", "answers"), CheckResult("store", "wrong", "gone", "mount it")]
    served = serve(doctor=lambda: found)
    served.login()
    token = served.token()
    assert served.client.post("/doctor", data={"token": token}).status_code == 303
    served.web._pages._doctor.join()
    text = served.client.get("/doctor").text
    assert "1 error, 0 warnings, 1 ok" in text
    assert text.index("Fix: mount it") < text.index("app radarr: answers")


def test_the_log_is_shown_newest_first(inside: Served) -> None:
    logs = inside.dir / "logs"
    logs.mkdir()
    (logs / "mesharr.log").write_text(
        "2026-11-22T18:19:24.123+00:00 INFO    inbound.http: radarr: Download\n"
        "2026-11-22T18:19:25.123+00:00 WARNING node: <b>slow</b>\n"
        "2026-11-22T18:19:26.123+00:00 DEBUG   node: noise\n"
        '{"time": "2026-11-22T18:19:27.123+00:00", "level": "error", "logger": "node", "message": "broken"}\n'
    )
    text = inside.client.get("/logs").text
    assert text.index("broken") < text.index("&lt;b&gt;slow") < text.index("radarr: Download")
    assert "noise" not in text
    assert "Download" not in inside.client.get("/logs?level=warning").text


def test_no_page_makes_a_fold_but_that_of_one_item(inside: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    folds: list[str] = []
    fold = ItemFacts.folded

    def counted(facts: ItemFacts) -> object:
        folds.append(facts.version.aliases.item)
        return fold(facts)

    inside.apply(B, *(film(n, f"Film {n:03}") for n in range(100, 160)))
    monkeypatch.setattr(ItemFacts, "folded", counted)
    for path in PAGES:
        inside.client.get(path)
    assert folds == ["tmdb:1"]


def test_a_list_that_is_being_made_says_so(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "ITEMS", 1)
    served = serve()
    served.login()
    served.state.streams.apply([stored(n, film(n, f"Film {n}"), B) for n in range(1, 4)], NOW)
    catalogue.refresh(served.state)
    assert "The list is being made" in served.client.get("/library").text
    while catalogue.refresh(served.state):
        pass
    assert "The list is being made" not in served.client.get("/library").text


def test_pages_are_below_the_url_base(serve: Serve) -> None:
    based = serve(url_base="/mesh")
    based.apply(A, film(1, "Alien"))
    assert based.client.get("/").headers["location"] == "/mesh/"
    assert based.client.get("/mesh/library").headers["location"] == "/mesh/login?next=%2Flibrary"
    assert based.client.post("/mesh/login", data={"key": "", "next": "/library"}).status_code == 401
    assert based.login().headers["location"] == "/mesh/"
    text = based.client.get("/mesh/library").text
    links = re.findall(r"(?:href|src|action|data-events)=\"(/[^\"]*)\"", text)
    assert len(links) > 12
    assert all(link.startswith("/mesh/") for link in links)


def test_only_the_files_of_the_design_are_served(served: Served) -> None:
    for name in ("page.css", "page.js", "icon.svg"):
        assert served.client.get(f"/static/{name}").status_code == 200
    for name in ("..%2Froutes.py", "routes.py", "%2e%2e/routes.py", "/etc/passwd"):
        assert served.client.get(f"/static/{name}").status_code == 404
    script = served.client.get("/static/page.js").text + served.client.get("/static/page.css").text
    assert not re.search(r"https?:|//\w+\.|url\(", script)


def test_the_catalogue_is_looked_at_when_events_were_applied_and_not_before(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: SimpleQueue[int] = SimpleQueue()

    def look(_state: State) -> bool:
        looks.put(1)
        return False

    monkeypatch.setattr(app, "refresh", look)
    monkeypatch.setattr(app, "CATALOGUE_S", 3600.0)
    served.web.start()
    for _ in range(3):
        assert looks.get(timeout=30) == 1
        assert looks.empty()
        served.web.note_events()
    looks.get(timeout=30)
    served.web.end_streams()
    served.web._keeper.join(30)
    assert not served.web._keeper.is_alive()


def test_the_templates_switch_no_escaping_off() -> None:
    from mesharr.web.pages import html

    texts = [path.read_text() for path in (Path(html.FOLDER) / "templates").iterdir()]
    assert len(texts) > 8
    assert not [text for text in texts if re.search(r"\|\s*safe|autoescape", text)]


def test_an_unknown_page_is_named_to_a_person_as_text(inside: Served) -> None:
    answer = inside.client.get("/nothing", headers={"Accept": "text/html,*/*"})
    assert (answer.status_code, answer.text) == (404, "mesharr: nothing here\n")


def test_a_full_disk_is_down(inside: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "why_not_writable", lambda _folder: "the disk is full")
    assert "<strong>config directory</strong>: the disk is full" in inside.client.get("/").text


def test_of_an_item_with_very_many_files_some_are_shown(inside: Served) -> None:
    copies = tuple(
        Copy(path=f"a/{n:05}.mkv", size=1, units=("movie",)) for n in range(item_document.MOST_FILES + 7)
    )
    item = Item(id="tmdb:9", kind="movie", title="Many", year=2000, folder="a")
    inside.apply(B, FileImported(library=MOVIES, item=item, copies=copies, term=1))
    assert "… and 7 more." in inside.client.get("/library/movies/tmdb:9").text
