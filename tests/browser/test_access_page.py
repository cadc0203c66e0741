"""The page of `access graph --html` in a browser: search, keyboard, phone, hostile names, and no request."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from reconciler.model.access_answers import AccessSide, AccessSource
from reconciler.model.entity import Entity, Role, User
from reconciler.plan.access.access_graph import find_access_graph
from reconciler.render.access_page import render_access_page
from tests.support.browser import Browser, find_browser, run_browser
from tests.support.strategies import ACCOUNT
from tests.unit.plan.access.test_admin_powers import FULL
from tests.unit.plan.access.test_delta import MFA, trust
from tests.unit.render.plans import document, state
from tests.unit.render.test_access_graph import HOSTILE, condition_of

PROGRAM = find_browser()
pytestmark = pytest.mark.skipif(PROGRAM is None, reason="no Chromium is on PATH")

SCRIPT = "</script><img src=x onerror=alert(1)>"
UNTIL = {"Condition": {"DateLessThan": {"aws:CurrentTime": "2030-01-01T00:00:00Z"}}}
WORLD: list[Entity] = [
    User("bob"),
    *(User(f"crowd{number:03}") for number in range(300)),
    *(User(name) for name in [SCRIPT, *HOSTILE]),
    Role("ci", document(trust("user/bob", **MFA))),
    Role("admin", document(trust("role/ci", **UNTIL)), policies=FULL),
    Role(SCRIPT, document({**trust("user/bob", **condition_of(SCRIPT)), "Sid": SCRIPT}), policies=FULL),
]
ACTIVE = "document.querySelector('#names .active').textContent"
TITLE = "document.querySelector('h2')?.textContent"
TEXT = "document.querySelector('main').innerText"


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    side = AccessSide("file", state(WORLD))
    path = tmp_path_factory.mktemp("page") / "access.html"
    path.write_text(render_access_page(AccessSource((side,), ACCOUNT), find_access_graph(side), "file"))
    return path


@pytest.fixture(scope="module")
def shared_browser() -> Iterator[Browser]:
    assert PROGRAM
    with run_browser(PROGRAM) as browser:
        yield browser


@pytest.fixture
def browser(shared_browser: Browser) -> Iterator[Browser]:
    """A browser whose page has asked for nothing but itself, and has written nothing to the console."""
    yield shared_browser
    shared_browser.ask("0")  # reads the events that came last
    assert shared_browser.errors == []
    assert [address.partition(":")[0] for address in shared_browser.requests] == ["file"]


def test_a_search_and_enter_show_chains_with_their_terms(browser: Browser, page: Path) -> None:
    browser.open(page)
    assert browser.ask("document.activeElement.id") == "search"
    assert "more: search" in browser.ask("document.querySelector('#count').textContent")
    browser.type("bob")
    assert browser.ask("document.querySelectorAll('#names li').length") == 1
    browser.press("Enter")
    assert browser.ask(TITLE) == "user/bob"
    text = browser.ask(TEXT)
    assert "user/bob → role/ci → role/admin" in text
    assert "with MFA, until 2030-01-01T00:00:00Z" in text
    browser.click("summary", "role/ci")
    assert "Allow of trust of role/ci, if Bool aws:MultiFactorAuthPresent true" in browser.ask(TEXT)
    browser.click("main button.name", "role/admin")
    assert browser.ask(TITLE) == "role/admin"
    assert "Can be taken through these by" in browser.ask(TEXT)


def test_the_keyboard_alone_is_enough(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.type("crowd00")
    for _ in range(3):
        browser.press("ArrowDown")
    browser.press("ArrowUp")
    assert browser.ask(ACTIVE) == "user/crowd002"
    assert (
        browser.ask("document.getElementById(search.getAttribute('aria-activedescendant')).textContent")
        == "user/crowd002"
    )
    browser.press("Enter")
    assert (browser.ask(TITLE), browser.ask("document.activeElement.id")) == ("user/crowd002", "details")
    assert browser.ask("document.querySelector('#names [aria-selected=true]').textContent") == "user/crowd002"
    browser.press("Escape")
    assert browser.ask("document.activeElement.id") == "search"
    assert browser.ask("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    browser.press("Escape")
    assert browser.ask("search.value") == ""
    browser.press("Tab")
    assert browser.ask("document.activeElement.textContent").startswith("All ")
    assert browser.ask("document.activeElement.matches(':focus-visible')")


def test_a_phone_shows_the_list_or_one_principal(browser: Browser, page: Path) -> None:
    browser.open(page, 390, 844)
    visible = "['nav', 'main'].filter((one) => document.querySelector(one).offsetParent)"
    assert browser.ask(visible) == ["nav"]
    browser.type("bob")
    browser.click("#names li")
    assert browser.ask(visible) == ["main"]
    assert browser.ask("document.documentElement.scrollWidth") <= 390
    browser.click("#back")
    assert browser.ask(visible) == ["nav"]


def test_hostile_texts_are_shown_as_they_are(browser: Browser, page: Path) -> None:
    browser.open(page)
    browser.type("role/</script>")
    browser.press("Enter")
    assert browser.ask(TITLE) == f"role/{SCRIPT}"
    assert f"StringEquals aws:sourcevpc {SCRIPT}" in browser.ask(TEXT)
    assert browser.ask("document.querySelectorAll('img, iframe, link, object').length") == 0
    assert browser.ask("document.querySelectorAll('script').length") == 2


def test_an_empty_account_has_an_empty_list(browser: Browser, tmp_path: Path) -> None:
    side = AccessSide("file", state([]))
    empty = tmp_path / "empty.html"
    empty.write_text(render_access_page(AccessSource((side,), None), find_access_graph(side), "file"))
    browser.open(empty)
    assert browser.ask("document.querySelector('#count').textContent") == "0 of 0"
    for key in ("ArrowDown", "Enter", "Escape"):
        browser.press(key)


def test_dark_and_light_follow_the_system(browser: Browser, page: Path) -> None:
    colours = []
    for dark in (False, True):
        browser.open(page, dark=dark)
        colours.append(browser.ask("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(246, 247, 249)", "rgb(15, 19, 23)"]


def test_the_policy_of_the_page_stops_other_scripts_and_requests(shared_browser: Browser, page: Path) -> None:
    shared_browser.open(page)
    shared_browser.ask(
        "document.head.append(Object.assign(document.createElement('script'), {textContent: 'window.ran = 1'}))"
    )
    shared_browser.ask("document.body.append(Object.assign(new Image(), {src: 'http://127.0.0.1:9/x'}))")
    shared_browser.ask("document.body.setAttribute('onclick', 'window.ran = 1') ?? document.body.click()")
    shared_browser.wait("1")
    assert shared_browser.ask("window.ran") is None
    assert len(shared_browser.errors) == 3
    assert all("Content Security Policy" in error for error in shared_browser.errors)


def test_of_ten_thousand_principals_few_are_drawn(browser: Browser, tmp_path: Path) -> None:
    entities = [User(f"user{number:05}") for number in range(9000)]
    roles = [Role(f"role{number:04}", document(trust("user/user00001"))) for number in range(1000)]
    side = AccessSide("file", state([*entities, *roles]))
    large = tmp_path / "large.html"
    large.write_text(render_access_page(AccessSource((side,), ACCOUNT), find_access_graph(side), "file"))
    browser.open(large)
    assert browser.ask("document.querySelectorAll('*').length") < 1500
    browser.type("user00001")
    browser.press("Enter")
    assert "Can assume (1,000)" in browser.ask(TEXT)
    assert browser.ask("document.querySelectorAll('main li').length") == 50
    browser.click("main button.more")
    assert browser.ask("document.querySelectorAll('main li').length") == 100
