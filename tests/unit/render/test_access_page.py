"""The HTML page: what stands in it, and that nothing in the data can leave its place."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from html.parser import HTMLParser

from reconciler.model.access_answers import AccessSide, AccessSource
from reconciler.model.entity import Role, User
from reconciler.model.guardrails import Guardrails
from reconciler.plan.access.access_graph import find_access_graph
from reconciler.render.access_page import render_access_page
from tests.support.strategies import ACCOUNT
from tests.unit.plan.access.test_admin_powers import FULL
from tests.unit.plan.access.test_delta import MFA, trust
from tests.unit.render.plans import document, state
from tests.unit.render.test_access_graph import ADMIN, HOSTILE, condition_of


def page_of(*entities: User | Role, notes: tuple[str, ...] = ()) -> str:
    side = AccessSide("file", state(list(entities)))
    return render_access_page(AccessSource((side,), ACCOUNT, notes), find_access_graph(side), "file")


class Elements(HTMLParser):
    """Collects the elements of a page, with their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def elements_of(page: str) -> list[tuple[str, dict[str, str | None]]]:
    parser = Elements()
    parser.feed(page)
    return parser.found


def data_of(page: str) -> dict[str, object]:
    found = re.search(r'<script type="application/json" id="data">(.*)</script>', page)
    assert found
    data: dict[str, object] = json.loads(found[1])
    return data


def test_hostile_texts_are_data_and_add_no_element() -> None:
    roles = [
        Role(
            name,
            document({**trust("user/ann", **condition_of(name)), "Sid": name}, trust(f"arn:aws:iam::1:role/{name}")),
            policies=FULL,
        )
        for name in HOSTILE
    ]
    page = page_of(User("ann"), *(User(name) for name in HOSTILE), *roles, notes=tuple(HOSTILE))
    assert elements_of(page) == elements_of(page_of(User("ann")))
    (line,) = (line for line in page.splitlines() if 'id="data"' in line)
    inside = line.partition('id="data">')[2].removesuffix("</script>")
    assert not set("<>&\u2028\u2029") & set(inside)
    assert page.replace("\n", "").isprintable()
    assert "role/</script><script>alert(1)</script>" in str(data_of(page)["names"])


def test_the_page_forbids_everything_but_its_own_script_and_style() -> None:
    elements = elements_of(page_of(User("ann"), ADMIN))
    policy = next(given["content"] for tag, given in elements if given.get("http-equiv") == "Content-Security-Policy")
    assert policy
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == "'none'"
    for name in ("script-src", "style-src"):
        assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", rules[name])
    attributes = {name for _, given in elements for name in given}
    assert not {name for name in attributes if name.startswith("on") or name in ("src", "href", "style")}


def test_the_data_grows_with_principals_and_roles_not_with_their_product() -> None:
    def size(count: int) -> int:
        users = [User(f"user{number:04}") for number in range(count)]
        names = [f"user/{one.name}" for one in users]
        roles = [Role(f"role{number:04}", document(trust(*names, **MFA))) for number in range(count)]
        return len(json.dumps(data_of(page_of(*users, *roles))))

    assert size(80) < 3 * size(40)


def test_two_pages_of_the_same_account_are_equal() -> None:
    assert page_of(User("ann"), ADMIN) == page_of(User("ann"), ADMIN)


def test_the_page_says_if_guardrails_count() -> None:
    bound = replace(state([User("ann")]), guardrails=Guardrails())
    side = AccessSide("file", bound)
    page = render_access_page(AccessSource((side,), ACCOUNT), find_access_graph(side), "file")
    assert data_of(page)["about"] == f"Account {ACCOUNT}, by the files. Guardrails count."
    limits = "As far as IAM goes: SCPs and RCPs do not count."
    assert data_of(page_of(User("ann")))["about"] == f"Account {ACCOUNT}, by the files. {limits}"
