"""Who may look, and who may change: sessions, forms of other sites, and guessed keys."""

import asyncio
import os
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mesharr.web.common.access import SESSION_S, TRIES, Sessions, Throttle, load_secret
from mesharr.web.pages.routes import Forms
from tests.unit.web.served import KEY, Serve, Served

SECRET = b"s" * 32


def sessions(key: str = KEY, now: float = 1000.0, secret: bytes = SECRET) -> Sessions:
    return Sessions(secret, key, lambda: now)


def test_a_cookie_is_a_session_until_its_end() -> None:
    cookie = sessions().begin()
    assert sessions().of(cookie) is not None
    assert sessions(now=1000.0 + SESSION_S).of(cookie) is None


@pytest.mark.parametrize(
    "cookie", ["", ".", "x", "9999999999.abc.", "9999999999.abc.00", "\u00e9.\u00e9.\u00e9"]
)
def test_a_cookie_that_was_not_signed_here_is_none(cookie: str) -> None:
    assert sessions().of(cookie) is None


def test_a_longer_life_cannot_be_written_into_a_cookie() -> None:
    ends, rest = sessions().begin().split(".", 1)
    assert sessions().of(f"{int(ends) + 1}.{rest}") is None


def test_another_key_or_secret_ends_every_session() -> None:
    cookie = sessions().begin()
    assert sessions(key="another").of(cookie) is None
    assert sessions(secret=b"t" * 32).of(cookie) is None


def test_a_session_that_ended_stays_ended() -> None:
    known = sessions()
    cookie = known.begin()
    session = known.of(cookie)
    assert session is not None
    known.end(session)
    assert known.of(cookie) is None


def test_the_token_of_a_form_is_of_one_session() -> None:
    known = sessions()
    first, second = (known.of(known.begin()) for _ in range(2))
    assert first is not None
    assert second is not None
    assert known.has_token(first, known.form_token(first))
    assert not known.has_token(first, known.form_token(second))
    assert not known.has_token(first, "")


def test_the_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        made = load_secret(str(tmp_path))
    finally:
        os.umask(before)
    assert load_secret(str(tmp_path)) == made
    assert len(made) == 32
    assert stat.S_IMODE((tmp_path / "page.secret").stat().st_mode) == 0o600


def test_wrong_keys_of_one_address_close_it_for_a_minute() -> None:
    now = [0.0]
    throttle = Throttle(lambda: now[0], tries=3, within_s=60)
    for key in "abc":
        assert throttle.is_open("10.0.0.1")
        throttle.note_wrong("10.0.0.1", key)
    assert not throttle.is_open("10.0.0.1")
    assert throttle.is_open("10.0.0.2")
    now[0] = 61.0
    assert throttle.is_open("10.0.0.1")


def test_a_program_with_an_old_key_locks_nobody_out() -> None:
    throttle = Throttle(lambda: 0.0, tries=3)
    for _ in range(100):
        throttle.note_wrong("10.0.0.1", "old")
    assert throttle.is_open("10.0.0.1")


def test_the_login_sets_a_cookie_that_no_script_and_no_other_site_gets(served: Served) -> None:
    answer = served.login()
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert KEY not in cookie
    proxied = served.client.post("/login", data={"key": KEY}, headers={"X-Forwarded-Proto": "https"})
    assert "secure" in proxied.headers["set-cookie"].lower()


def test_a_wrong_key_is_no_login_and_many_are_not_looked_at(served: Served) -> None:
    codes = [served.login(f"wrong {n}").status_code for n in range(TRIES + 1)]
    assert codes == [401] * TRIES + [429]
    assert served.login().status_code == 429
    assert not served.client.cookies


def test_without_a_key_in_the_config_nobody_logs_in(serve: Serve) -> None:
    bare = serve(key="")
    assert "Set server.api_key in mesharr.yml" in bare.client.get("/login").text
    assert bare.login("").status_code == 401


@pytest.mark.parametrize("path", ["/approvals/1/approve", "/approvals/1/reject", "/doctor", "/logout"])
def test_a_form_wants_a_session_and_its_token(served: Served, path: str) -> None:
    assert served.client.post(path, data={"token": "x"}).status_code == 401
    served.login()
    served.hold(["Heat"])
    assert served.client.post(path).status_code == 403
    assert served.client.post(path, data={"token": "x"}).status_code == 403
    other = served.client.post(path, data={"token": served.token()}, headers={"Sec-Fetch-Site": "cross-site"})
    assert other.status_code == 403
    assert all(hold.waits for hold in served.state.holds.all())


def test_after_the_logout_the_old_cookie_is_worth_nothing(served: Served) -> None:
    served.login()
    ((name, cookie),) = served.client.cookies.items()
    assert served.client.post("/logout", data={"token": served.token()}).headers["location"] == "/login"
    assert served.client.get("/peers", headers={"Cookie": f"{name}={cookie}"}).status_code == 303


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", ""]
)
def test_the_login_leads_to_this_page_alone(served: Served, target: str) -> None:
    answer = served.client.post("/login", data={"key": KEY, "next": target})
    assert answer.headers["location"] == "/"


def test_the_login_leads_to_where_the_user_wanted(served: Served) -> None:
    asked = served.client.get("/library?search=dune").headers["location"]
    assert asked == "/login?next=%2Flibrary%3Fsearch%3Ddune"
    answer = served.client.post("/login", data={"key": KEY, "next": "/library?search=dune"})
    assert answer.headers["location"] == "/library?search=dune"


def test_a_long_form_is_refused(served: Served) -> None:
    assert served.client.post("/login", content=b"key=" + b"x" * 100_000).status_code == 413
    assert served.client.post("/login", content=b"a=1&" * 100).status_code == 400


def test_slow_forms_are_few_and_short(served: Served) -> None:
    served.web._pages._forms = Forms(at_once=1, within_s=0.05)
    other: list[int] = []

    async def slowly() -> AsyncIterator[bytes]:
        yield b"key="
        other.append((await served.client.send("POST", "/login", data={"key": KEY})).status_code)
        await asyncio.sleep(60)

    assert served.client.post("/login", content=slowly()).status_code == 408
    assert other == [503]
    assert served.login().status_code == 303


def test_two_nodes_on_one_host_have_two_cookies(serve: Serve) -> None:
    first, second = serve(), serve()
    assert (
        first.login().headers["set-cookie"].split("=")[0]
        != second.login().headers["set-cookie"].split("=")[0]
    )


def test_a_session_outlives_a_restart(serve: Serve) -> None:
    before = serve()
    before.login()
    ((name, cookie),) = before.client.cookies.items()
    after = serve(config_dir=str(before.dir))
    assert after.client.get("/peers", headers={"Cookie": f"{name}={cookie}"}).status_code == 200


def test_a_session_is_no_key_for_the_api(served: Served) -> None:
    served.login()
    number = served.hold(["Heat"])
    assert served.client.post(f"/api/v1/approvals/{number}/approve").status_code == 401
    assert served.client.get("/api/v1/status").status_code == 401
    assert served.state.holds.all()[0].waits
