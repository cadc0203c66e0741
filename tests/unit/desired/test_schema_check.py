"""Two validators of one schema: the compiled one may say that nothing is wrong, and jsonschema has the last word."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.desired import schema_check
from reconciler.desired.load import load
from reconciler.desired.schema import build_schema
from reconciler.desired.schema_check import is_surely_valid
from reconciler.model.node import Map
from tests.support.files import HEAD, Folder, find_errors

EXAMPLES = [path for path in sorted(Path("examples").rglob("*.yaml")) if path.parent.name != "kubernetes"]
JSONSCHEMA = schema_check._make_validator()

ODD: list[Any] = [
    *(None, True, False, 0, 1, -1, 1.0, 1.5, 10**18, 10**30, -(10**30), 10**400, 1e300),
    *("", "x", "x\n", "1h", "1h\n", "٣h", "required", "2012-10-17", "2012-10-17\n", "é", "\x00", "\ud800", "1" * 12),
    *([], [""], ["a", "a"], [1, True], [1, 1.0], [None], {}, {"x": 1}, {"": None}, {"policy": "p", "expires": 1}),
]


def root_of(path: Path) -> Map:
    root = load([path], {}).root
    assert root is not None
    return root


def jsonschema_finds_nothing(root: object) -> bool:
    return next(JSONSCHEMA.iter_errors(root), None) is None


def plain(value: object) -> Any:
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    return [plain(inner) for inner in value] if isinstance(value, list) else value


def places_in(value: Any) -> Iterator[tuple[Any, Any]]:
    """Every container with each of its keys."""
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from places_in(value[key])


@pytest.mark.parametrize("path", EXAMPLES, ids=str)
def test_what_is_valid_is_seen_to_be_so_without_jsonschema(path: Path) -> None:
    root = root_of(path)
    assert is_surely_valid(root)
    assert jsonschema_finds_nothing(root)


@given(data=st.data())
def test_what_the_compiled_validator_lets_pass_has_no_error(data: st.DataObject) -> None:
    root = plain(root_of(data.draw(st.sampled_from(EXAMPLES))))
    spots = list(places_in(root))
    for _ in range(data.draw(st.integers(1, 2))):
        container, key = data.draw(st.sampled_from(spots))
        if not (key in container if isinstance(container, dict) else key < len(container)):
            continue
        match data.draw(st.sampled_from(["replace", "add", "drop", "repeat"])):
            case "add" if isinstance(container, dict):
                container[data.draw(st.sampled_from(["x", "x-a", "", "protect", "tags", "policies"]))] = data.draw(
                    st.sampled_from(ODD)
                )
            case "drop":
                del container[key]
            case "repeat" if isinstance(container, list):
                container.append(container[key])
            case _:
                container[key] = data.draw(st.sampled_from(ODD))
    if is_surely_valid(root):
        assert jsonschema_finds_nothing(root)


OF_EACH_RULE = {
    "type": "owner: [a]",
    "pattern": "owner: 'a b'",
    "const": "version: 2",
    "bool is not a number": "version: true",
    "enum": "settings: {prune: some}",
    "minimum": "settings: {max_deletes: -1}",
    "maximum": "settings: {max_delete_percent: 101}",
    "beyond 64 bits": f"settings: {{max_delete_percent: {10**30}}}",
    "unknown key": "ownr: a",
    "unknown key of an entity": "users: {u: {grups: [g]}}",
    "required": "policies: {p: {description: d}}",
    "minItems": "roles: {r: {trust: []}}",
    "uniqueItems": "users: {u: {groups: [g, g]}}",
    "minLength": "users: {u: {groups: ['']}}",
    "maxItems": f"aliases: {{a: {{role: r, policy_arns: [{', '.join('abcdefghijk')}]}}}}",
    "below a reference": "roles: {r: {trust: [{users: [a], mfa: {max_age: soon}}]}}",
}


@pytest.mark.parametrize("text", OF_EACH_RULE.values(), ids=OF_EACH_RULE)
def test_both_refuse_what_breaks_a_rule(folder: Folder, text: str) -> None:
    root = root_of(folder.write("roles.yaml", text if text.startswith("version") else f"version: 1\n{text}\n"))
    assert not is_surely_valid(root)
    assert not jsonschema_finds_nothing(root)


_DURATION = 'roles: {r: {trust: [{services: [ec2.amazonaws.com]}], max_session_duration: "%s"}}'
ALMOST: dict[str, tuple[str, str]] = {
    "an owner": ('owner: "%s"', "platform\\n"),
    "an account": ('account: "%s"', "123456789012\\n"),
    "an account in digits of another script": ('account: "%s"', "١٢٣٤٥٦٧٨٩٠١٢"),
    "a duration": (_DURATION, "1h\\n"),
    "a duration in digits of another script": (_DURATION, "٣h"),
    "a duration of 100,000 digits": (_DURATION, "9" * 100_000),
    "a demand for MFA": ('roles: {r: {trust: [{users: [a], mfa: "%s"}]}}', "required\\n"),
    "a statement id": ('roles: {r: {trust: [{users: [a], sid: "%s"}]}}', "Sid\\n"),
    "a region": ('aliases: {a: {role: r, region: "%s"}}', "eu-central-1\\n"),
    "an account alias": ('account_settings: {alias: "%s"}', "acme-prod\\n"),
}


@pytest.mark.parametrize(("line", "value"), ALMOST.values(), ids=ALMOST)
@pytest.mark.parametrize("compiled", [True, False], ids=["with the compiled validator", "without it"])
def test_a_text_that_only_begins_as_its_pattern_says_is_refused(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, line: str, value: str, compiled: bool
) -> None:
    """A line break at the end above all: Python's `$` matches before it, JSON Schema's does not."""
    if not compiled:
        monkeypatch.setattr(schema_check, "is_surely_valid", lambda root: False)
    found = folder.declare_text(f"version: 1\n{line % value}\n").problems
    assert "wrong-value" in [problem.code for problem in found if problem.place and problem.place.line == 2]


@pytest.mark.parametrize("compiled", [True, False], ids=["with the compiled validator", "without it"])
def test_a_variable_cannot_bring_a_line_break_into_the_owner(
    folder: Folder, monkeypatch: pytest.MonkeyPatch, compiled: bool
) -> None:
    if not compiled:
        monkeypatch.setattr(schema_check, "is_surely_valid", lambda root: False)
    found = folder.find_problems('version: 1\nowner: "{{ stack }}"\n', variables={"stack": "platform\n"})
    assert found == ["roles.yaml:2:8 wrong-value"]


def patterns_in(fragment: object) -> Iterator[str]:
    if isinstance(fragment, dict):
        yield from [fragment["pattern"]] if isinstance(fragment.get("pattern"), str) else []
        for inner in fragment.values():
            yield from patterns_in(inner)
    elif isinstance(fragment, list):
        for inner in fragment:
            yield from patterns_in(inner)


def test_every_pattern_of_the_schema_is_about_whole_texts() -> None:
    found = set(patterns_in(build_schema()))
    assert found
    assert all(pattern.startswith("^") and pattern.endswith("$") and "|" not in pattern[:2] for pattern in found)


def test_no_message_shows_a_pattern_of_the_schema() -> None:
    for pattern in patterns_in(build_schema()):
        hint = schema_check._PATTERN_HINTS[pattern]
        assert hint.startswith("Write ")
        assert set(hint).isdisjoint("\\^$*?[]()|")


@pytest.mark.parametrize(
    ("text", "summary", "hint"),
    [
        ("aliases: {q: {role: '%s', region: x}}\n", "aliases.q.region", "Write a region, such as eu-central-1."),
        (
            "organization: {accounts: {dev: {id: '1'}}}\n",
            "organization.accounts.dev.id",
            "Write the 12 digits of the account, quoted.",
        ),
        (
            "guardrails: {organization: acme}\n",
            "guardrails.organization",
            "Write the id of the organization, such as o-a1b2c3d4e5.",
        ),
        (
            "assert: [{name: 'a b', who: '*', cannot: 'iam:*'}]\n",
            "assert[0].name",
            "Write up to 64 letters, digits and . _ -, first a letter or digit.",
        ),
        (
            "roles: {r: {trust: [{services: [ec2.amazonaws.com], sid: a-b}]}}\n",
            "roles.r.trust[0].sid",
            "Write letters and digits only.",
        ),
        (
            "oidc_providers: {a.b: {context_provider: off-by-default}}\n",
            "oidc_providers.a.b.context_provider",
            "Write `none`, or a mapping with `subject_source_key`.",
        ),
    ],
)
def test_a_text_of_the_wrong_form_is_told_in_words_what_fits(
    folder: Folder, text: str, summary: str, hint: str
) -> None:
    text = HEAD + text.replace("%s", "arn:aws:iam::123456789012:role/x")
    (problem,) = [one for one in folder.declare_text(text).problems if one.code in ("wrong-value", "wrong-type")]
    assert problem.summary.startswith(summary)
    assert problem.hint == hint


def test_without_the_compiled_validator_the_same_is_said(folder: Folder, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"{HEAD}users: {{u: {{grups: [g]}}, v: {{groups: g}}}}\n", f"{HEAD}users: {{u: }}\n"]
    with_it = [find_errors(folder.declare_text(text)) for text in texts]
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    schema_check._compile_schema.cache_clear()
    try:
        assert [find_errors(folder.declare_text(text)) for text in texts] == with_it
        assert not is_surely_valid(root_of(folder.path / "roles.yaml"))
    finally:
        schema_check._compile_schema.cache_clear()


def test_a_file_with_nothing_wrong_is_read_without_importing_jsonschema(folder: Folder) -> None:
    folder.write("roles.yaml", f"{HEAD}users: {{u: }}\n")
    code = (
        "import sys; from reconciler.app.desired_files import validate_files\n"
        f"assert validate_files([{str(folder.path / 'roles.yaml')!r}], {{}})[1] == ()\n"
        "assert 'jsonschema' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("text", "summary", "hint"),
    [
        ("roles: {r: {trust: []}}\n", "roles.r.trust is empty.", "Write at least 1 item."),
        ("users: {u: {groups: ['']}}\n", "users.u.groups[0] is empty.", "Write at least 1 character."),
        (
            "account_settings: {password_policy: {minimum_length: 2}}\n",
            "account_settings.password_policy.minimum_length cannot be 2.",
            "Write at least 6.",
        ),
        (
            "roles: {r: {trust: [{accounts: ['123456789012'], external_id: z}]}}\n",
            "roles.r.trust[0].external_id has 1 character.",
            "Write at least 2 characters.",
        ),
    ],
)
def test_a_wrong_size_is_told_with_the_size_that_fits(folder: Folder, text: str, summary: str, hint: str) -> None:
    (problem,) = folder.declare_text(HEAD + text).problems
    assert (problem.summary, problem.hint) == (summary, hint)


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("users: {u: {}}\nroles: {r: {trust: [{users: [u], mfa: true}]}}\n", "Write `required`, or `{max_age: 1h}`."),
        (
            "roles: {r: {max_session_duration: true, trust: [{services: [ec2.amazonaws.com]}]}}\n",
            "Write a duration such as 45m, 1h, 90d, or a number of seconds.",
        ),
        ("users: {u: {}}\nroles: {r: {trust: [{users: [u], mfa: 3600}]}}\n", "Write `required`, or `{max_age: 1h}`."),
        ("users: {u: {path: true}}\n", ""),
        ("users: {u: {path: 7}}\n", "Quote it."),
    ],
)
def test_a_value_of_the_wrong_type_is_told_with_what_fits(folder: Folder, text: str, hint: str) -> None:
    (problem,) = folder.declare_text(HEAD + text).problems
    assert (problem.code, problem.hint) == ("wrong-type", hint)
