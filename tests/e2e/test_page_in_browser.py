"""The page in a real browser: what a person sees and does, also without JavaScript, small, and in the dark.

Screenshots are kept in the folder that `MESHARR_SCREENSHOTS` names.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mesharr.inbound.http import HttpServer
from mesharr.log.keys import parse_key, words_of
from mesharr.state.peers import read_peers
from tests.unit.state.samples import DUNE, NOW, A, B
from tests.unit.state.samples import imported as import_of
from tests.unit.web.served import KEY, Served, film

CHROMIUM, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")
WHY = "it needs a browser: apt-get install chromium chromium-driver"

pytestmark = [
    pytest.mark.campaign,
    pytest.mark.browser,
    pytest.mark.skipif(not (CHROMIUM and DRIVER) and not os.environ.get("CI"), reason=WHY),
]

PAGES = ["", "activity", "library", "library/movies/tmdb:1", "approvals", "peers", "doctor", "logs"]
TITLES = ["Alien", "Heat", "Ran", "Zodiac", "Stalker", "Solaris"]
SERIOUS = {"serious", "critical"}


class Browser:
    """A headless Chromium on one page."""

    def __init__(self, driver: Any, shots: Path) -> None:
        self.driver = driver
        self.base = ""
        self._shots = shots

    def open(self, path: str = "") -> None:
        """Load a page."""
        self.driver.get(f"{self.base}/{path}")

    def find(self, selector: str) -> Any:
        """Return the first element of a CSS selector."""
        return self.driver.find_element("css selector", selector)

    def text(self, selector: str = "body") -> str:
        """Return what is read in an element."""
        return str(self.find(selector).text)

    def sees(self, holds: Callable[[], bool], what: str) -> None:
        """Return as soon as something holds; fail when it does not in a minute."""
        from selenium.common.exceptions import WebDriverException

        end = time.monotonic() + 60
        while time.monotonic() < end:
            try:
                if holds():
                    return
            except WebDriverException:
                pass  # the page was replaced while it was read
            time.sleep(0.05)
        raise AssertionError(f"{what}; the page has: {self.text()[:1500]}")

    def login(self) -> None:
        """Log in by the form."""
        self.open("login")
        self.find("#key").send_keys(KEY)
        self.find("main button").click()
        self.sees(lambda: self.text("h1") == "Overview", "the overview is shown after the login")

    def command(self, name: str, **values: Any) -> Any:
        """Send a command of the browser's own protocol."""
        return self.driver.execute_cdp_cmd(name, values)

    def shot(self, name: str) -> None:
        """Keep a picture of the whole page."""
        size = self.command("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": 0, "width": size["width"], "height": min(size["height"], 1800), "scale": 1}
        import base64

        picture = self.command("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        (self._shots / f"{name}.png").write_bytes(base64.b64decode(picture["data"]))

    def complaints(self) -> list[str]:
        """Return what the browser's console has of errors since it was asked last."""
        return [str(each["message"]) for each in self.driver.get_log("browser") if each["level"] == "SEVERE"]


@contextmanager
def browser_of(shots: Path) -> Iterator[Browser]:
    """Run a headless Chromium, which keeps its pictures in a folder."""
    from selenium import webdriver

    assert CHROMIUM, WHY
    assert DRIVER, WHY
    options = webdriver.ChromeOptions()
    options.binary_location = CHROMIUM
    for argument in ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_argument("--window-size=1280,900")
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=webdriver.ChromeService(DRIVER))
    driver.set_script_timeout(120)
    shots.mkdir(parents=True, exist_ok=True)
    try:
        yield Browser(driver, shots)
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    kept = os.environ.get("MESHARR_SCREENSHOTS")
    with browser_of(Path(kept) if kept else tmp_path_factory.mktemp("shots")) as browser:
        yield browser


def served_at(folder: Path, browser: Browser, **changes: Any) -> Iterator[Served]:
    """Serve a node with something on every page, over loopback."""
    served = Served(folder, **changes)
    served.apply(A, *(film(n, title) for n, title in enumerate(TITLES, 1)))
    served.apply(B, *(film(n, f"Film {n}") for n in range(20, 75)))
    served.state.outbox.put(
        DUNE, import_of("Dune (2021)/a.mkv", size=4_000_000_000), "drive", "an import", NOW
    )
    for day in range(10):
        served.state.uploads.note_sent(day * 3_000_000_000, NOW - day * 86_400_000)
    served.web._pages.live._every_s = 0.05
    server = HttpServer(served.app, "127.0.0.1", 0)
    browser.base = f"http://127.0.0.1:{server.start()}{served.url_base}"
    browser.command("Network.clearBrowserCookies")
    yield served
    browser.driver.get("about:blank")
    served.web.end_streams()
    server.stop()
    served.close()


@pytest.fixture
def served(tmp_path: Path, chromium: Browser) -> Iterator[Served]:
    yield from served_at(tmp_path, chromium)


def test_a_person_logs_in_and_out(served: Served, chromium: Browser) -> None:
    chromium.open("library")
    assert "Log in" in chromium.driver.title
    chromium.find("#key").send_keys("wrong")
    chromium.find("main button").click()
    chromium.sees(lambda: "not the API key" in chromium.text(), "a wrong key is named")
    chromium.shot("login")
    chromium.complaints()  # the browser itself notes that a login was answered with 401
    chromium.find("#key").send_keys(KEY)
    chromium.find("main button").click()
    chromium.sees(lambda: chromium.text("h1") == "Library", "the page that was asked for")
    chromium.find(".logout button").click()
    chromium.sees(lambda: chromium.text("h1") == "Log in", "the login again")
    chromium.open("peers")
    assert chromium.text("h1") == "Log in"
    assert chromium.complaints() == []


def test_an_open_page_shows_what_arrives_and_an_upload_moves(served: Served, chromium: Browser) -> None:
    chromium.login()
    chromium.sees(lambda: "live" in chromium.text("#live"), "the page is live")
    served.apply(B, film(200, "Brazil"))
    chromium.sees(lambda: "imported Brazil (2200)" in chromium.text(), "an event that arrived")
    (upload,) = served.state.uploads.all()
    for done in (1_000_000_000, 3_000_000_000):
        served.state.db.write("UPDATE uploads SET done=?, speed=5000000 WHERE n=?", (done, upload.n))
        percent = f"{done // 40_000_000} %"
        chromium.sees(lambda percent=percent: percent in chromium.text(".uploads"), percent)  # type: ignore[misc]  # bound now
    served.state.outages.note("app:radarr", "connection refused", NOW)
    chromium.sees(lambda: "connection refused" in chromium.text(), "an app that went down")
    chromium.shot("overview")
    assert chromium.complaints() == []


def test_a_held_removal_is_approved_and_another_rejected(served: Served, chromium: Browser) -> None:
    chromium.login()
    chromium.sees(lambda: "live" in chromium.text("#live"), "the page is live")
    first, second = served.hold(["Alien", "Heat"]), served.hold(["Ran"], "first_adds")
    chromium.sees(lambda: chromium.text("#held").startswith("2"), "the count beside Approvals")
    chromium.find('nav a[href$="/approvals"]').click()
    chromium.sees(lambda: "2 deletions from bob in movies" in chromium.text(), "what needs approval")
    chromium.shot("approvals")
    chromium.find(f'form[action$="/approvals/{first}/approve"] button').click()
    chromium.sees(lambda: "deletions from bob" not in chromium.text(), "the approved group is gone")
    chromium.find(f'form[action$="/approvals/{second}/reject"] button').click()
    chromium.sees(lambda: "Approve after all" in chromium.text(), "the rejected group")
    assert [(hold.approved, hold.rejected) for hold in served.state.holds.all()] == [
        (True, False),
        (False, True),
    ]
    assert chromium.complaints() == []


def test_who_asks_to_join_is_accepted_with_the_key_whose_words_were_shown(
    served: Served, chromium: Browser
) -> None:
    chromium.login()
    chromium.find('nav a[href$="/peers"]').click()
    chromium.sees(lambda: chromium.text("h1") == "Peers", "the peers")
    carol = served.newcomer()
    words = words_of(carol.key)
    chromium.sees(lambda: "carol asks to join" in chromium.text(), "the newcomer, without a reload")
    card = f'section[aria-labelledby="node-{carol.node}"]'
    assert chromium.text(f"{card} dd code") == words
    chromium.shot("newcomer")
    assert [peer.node for peer in read_peers(str(served.dir))] == [B.rpartition(".")[0]]
    chromium.find(f"{card} button.approve").click()
    chromium.sees(lambda: "asks to join" not in chromium.text(), "nobody asks any more")
    accepted = {peer.node: parse_key(peer.key) for peer in read_peers(str(served.dir))}
    assert accepted[carol.node] == carol.key
    chromium.sees(lambda: words in chromium.text(), "the words of the new peer")
    assert chromium.complaints() == []


def test_an_item_is_searched_for_and_found(served: Served, chromium: Browser) -> None:
    chromium.login()
    chromium.find('nav a[href$="/library"]').click()
    chromium.shot("library")
    chromium.find("#search").send_keys("zod")
    chromium.find(".filter button").click()
    chromium.sees(lambda: chromium.text("#found") == "1 item", "one item")
    chromium.find("table.rows a").click()
    chromium.sees(lambda: chromium.text("h1") == "Zodiac (2004)", "the item")
    chromium.find("details summary").click()
    assert "Film 4/a.mkv" in chromium.text()
    chromium.shot("item")
    chromium.open("activity?peer=bob-00000002")
    chromium.shot("activity")
    assert "Zodiac" not in chromium.text("main")
    assert chromium.complaints() == []


def test_it_works_below_a_url_base(tmp_path: Path, chromium: Browser) -> None:
    for served in served_at(tmp_path, chromium, url_base="/mesh"):
        chromium.login()
        chromium.sees(lambda: "live" in chromium.text("#live"), "the page is live")
        served.apply(B, film(200, "Brazil"))
        chromium.sees(lambda: "Brazil" in chromium.text(), "an event that arrived")
        chromium.find('nav a[href$="/peers"]').click()
        chromium.sees(lambda: chromium.text("h1") == "Peers", "another page")
        assert "/mesh/peers" in chromium.driver.current_url
        assert chromium.complaints() == []


def test_everything_can_be_done_without_javascript(served: Served, chromium: Browser) -> None:
    number = served.hold(["Alien"])
    chromium.command("Emulation.setScriptExecutionDisabled", value=True)
    try:
        chromium.open("login")
        chromium.find("#key").send_keys(KEY)
        chromium.find("#key").submit()
        for page in PAGES:
            chromium.open(page)
            assert "Log in" not in chromium.driver.title
        chromium.open("approvals")
        chromium.find(f'form[action$="/approvals/{number}/reject"] button').click()
        chromium.sees(lambda: "Approve after all" in chromium.driver.page_source, "the rejected group")
    finally:
        chromium.command("Emulation.setScriptExecutionDisabled", value=False)
    assert served.state.holds.all()[0].rejected


def test_no_page_is_wider_than_a_phone_nor_hard_to_read(served: Served, chromium: Browser) -> None:
    from axe_selenium_python import Axe  # type: ignore[import-untyped]  # it ships no types

    served.hold(["Alien", "Heat"])
    served.conflict("The Lord of the Rings (2001)/The Lord of the Rings (2001) {tmdb-120} - Remux-2160p.mkv")
    served.state.outages.note("app:radarr", "connection refused", NOW)
    chromium.command(
        "Emulation.setDeviceMetricsOverride", width=390, height=844, deviceScaleFactor=1, mobile=True
    )
    found: list[str] = []
    try:
        chromium.login()
        for page in PAGES:
            chromium.open(page)
            name = ("item" if "/" in page else page) or "overview"
            width = chromium.driver.execute_script("return document.documentElement.scrollWidth")
            found += [f"{name} is {width} wide"] if width > 390 else []
            axe = Axe(chromium.driver)
            axe.inject()
            for scheme, options in (
                ("light", None),
                ("dark", {"runOnly": {"type": "rule", "values": ["color-contrast"]}}),
            ):
                media = {"name": "prefers-color-scheme", "value": scheme}
                chromium.command("Emulation.setEmulatedMedia", features=[media])
                if page in {"", "library", "approvals"} or os.environ.get("MESHARR_SCREENSHOTS"):
                    chromium.shot(f"{name}-{scheme}-390")
                found += [
                    f"{name}, {scheme}: {each['id']}: {each['nodes'][0]['html']}"
                    for each in axe.run(options=options)["violations"]
                    if each["impact"] in SERIOUS
                ]
    finally:
        chromium.command("Emulation.clearDeviceMetricsOverride")
        chromium.command("Emulation.setEmulatedMedia", features=[])
    assert found == []


def test_nothing_is_asked_of_any_other_machine(served: Served, chromium: Browser) -> None:
    chromium.login()
    for page in PAGES:
        chromium.open(page)
        script = "return performance.getEntriesByType('resource').map(each => each.name)"
        asked = chromium.driver.execute_script(script)
        assert asked
        assert [url for url in asked if not url.startswith(f"{chromium.base}/")] == []
    assert chromium.complaints() == []
