"""`apply plan.json --against FILE…`: what the files of the checkout do not give is refused, whoever wrote it.

The strongest forgery is a whole plan of other files: nothing in it contradicts itself.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from reconciler.plan.saved.fingerprint import compute_digest
from tests.support.account import Account
from tests.support.emulators import StartSandbox
from tests.support.people import create_person
from tests.support.plans import changes_of, list_writes, log_lines_of
from tests.support.shared import SharedAccount

BEFORE = """\
version: 1
owner: platform
settings: {break_glass: [role/r]}
users: {u: {}, leaver: {}, stays: {}}
groups: {g: {}}
roles:
  r: {trust: [{services: [ec2.amazonaws.com]}], policies: ["aws:AdministratorAccess"]}
"""
AFTER = """\
version: 1
owner: platform
vars: {team: a}
settings: {break_glass: [role/r]}
users:
  u: {groups: [g], tags: {team: "{{ team }}"}}
  stays: {}
groups: {g: {}}
roles:
  r: {trust: [{services: [ec2.amazonaws.com]}], policies: ["aws:AdministratorAccess"], max_session_duration: 2h}
"""
SETTINGS = "settings: {break_glass: [role/r]}"


@pytest.fixture(scope="module")
def _shared_account(tmp_path_factory: pytest.TempPathFactory, start: StartSandbox) -> Iterator[SharedAccount]:
    def prepare(account: Account) -> None:
        account.write(BEFORE)
        account.apply()
        account.write(AFTER)

    shared = SharedAccount(tmp_path_factory.mktemp("against"), prepare, start)
    yield shared
    shared.close()


@pytest.fixture
def planned_account(_shared_account: SharedAccount) -> Iterator[Account]:
    """An account that AFTER, in `roles.yaml`, changes; for tests that write nothing to it."""
    with _shared_account.lend() as account:
        yield account


@pytest.fixture
def own(account: Account) -> Account:
    """The same, for tests that write."""
    account.write(BEFORE)
    account.apply()
    account.write(AFTER)
    return account


def save(account: Account, text: str, *options: str) -> Path:
    """`plan --out plan.json` of a file that the checkout does not have."""
    account.write(text, "other.yaml")
    result = account.run_cli("plan", "other.yaml", "--out", "plan.json", *options)
    assert result.code in (0, 3), result.err
    (account.folder / "other.yaml").unlink()
    return account.folder / "plan.json"


def apply(account: Account, *options: str) -> tuple[int, str]:
    """`apply plan.json --against roles.yaml`: its code, and all that it said."""
    account.clear_calls()
    result = account.run_cli("apply", "plan.json", "--against", "roles.yaml", *options)
    assert "Traceback" not in result.err
    return result.code, result.out + result.err


def refusal_of(account: Account, *options: str) -> str:
    code, said = apply(account, *options)
    assert (code, list_writes(account)) == (1, [])
    return said


FORGED: dict[str, tuple[tuple[str, str], str]] = {
    # what the plan's file says instead → what is told
    "a policy more": (
        ("u: {groups: [g]", 'u: {policies: ["aws:AdministratorAccess"], groups: [g]'),
        "user/u: the plan and the files have different values: policies.",
    ),
    "a group less": (("groups: [g], tags", "tags"), "user/u: the plan and the files have different values: groups."),
    "another session": (("2h", "12h"), "role/r: the plan and the files have different values: max_session_duration."),
    "another variable": (("team: a", "team: b"), "user/u: the plan and the files have different values: tags.team."),
    "an entity more": (("  stays: {}", "  stays: {}\n  evil: {}"), "user/evil: the plan changes it, but the files"),
    "an entity of the file gone": (("  stays: {}\n", ""), "user/stays: the plan changes it, but the files do"),
    "a change less": ((", max_session_duration: 2h", ""), "role/r: the files change it, but the plan does"),
    "a deletion less": (("  stays: {}", "  stays: {}\n  leaver: {}"), "user/leaver: the files change it"),
    "nothing at all": ((AFTER, BEFORE), "role/r: the files change it, but the plan does not."),
    "another owner": (("owner: platform", "owner: evil"), "owner: the plan has evil, the files have platform."),
    "no owner": (("owner: platform\n", "owner: platform\nx-a: 1\n"), ""),
    "prune: all": ((SETTINGS, "settings: {prune: all, break_glass: [role/r]}"), "settings.prune: the plan has all"),
    "prune: none": ((SETTINGS, "settings: {prune: none, break_glass: [role/r]}"), "settings.prune: the plan has none"),
    "something ignored": (
        (SETTINGS, 'settings: {ignore: ["user/z*"], break_glass: [role/r]}'),
        "settings.ignore: the plan has user/z*, the files have none.",
    ),
    "another break_glass": (
        (SETTINGS, "settings: {break_glass: [role/r, user/stays]}"),
        "settings.break_glass: the plan has role/r and user/stays, the files have role/r.",
    ),
    "more deletions": (
        (SETTINGS, "settings: {max_deletes: 999, break_glass: [role/r]}"),
        "settings.max_deletes: the plan has 999, the files have 10.",
    ),
    "a greater share": (
        (SETTINGS, "settings: {max_delete_percent: 100, break_glass: [role/r]}"),
        "settings.max_delete_percent: the plan has 100, the files have 30.",
    ),
    "more removals": (
        (SETTINGS, "settings: {max_removals: 999, break_glass: [role/r]}"),
        "settings.max_removals: the plan has 999, the files have 50.",
    ),
    "a move": (
        ("groups: {g: {}}", "groups: {g: {}}\nmoved: {user/before: user/stays}"),
        "moved: the plan has user/before to user/stays, the files have none.",
    ),
    "a rename": (
        ("  stays: {}", "  evil: {}\nmoved: {user/stays: user/evil}"),
        "moved: the plan has user/stays to user/evil, the files have none.",
    ),
}


@pytest.mark.parametrize(("replaced", "told"), FORGED.values(), ids=FORGED.keys())
def test_a_whole_plan_of_other_files_is_refused_and_says_what_they_do_not_give(
    planned_account: Account, replaced: tuple[str, str], told: str
) -> None:
    save(planned_account, AFTER.replace(*replaced))
    if not told:  # files that mean the same give the same plan
        document = json.loads((planned_account.folder / "plan.json").read_text())
        assert document == json.loads(save(planned_account, AFTER).read_text())
        return
    said = refusal_of(planned_account)
    assert told in said
    assert "plan.json differs from the plan of roles.yaml; nothing was written." in said
    assert "reconcile plan roles.yaml --out plan.json" in said


def test_a_document_of_the_same_meaning_in_another_spelling_is_another_call(planned_account: Account) -> None:
    inline = 'inline_policies: {own: {Statement: [{Effect: Allow, Action: "%s", Resource: "*"}]}}'
    file = AFTER.replace("u: {groups", f"u: {{{inline % 's3:GetObject'}, groups")
    planned_account.write(file)
    save(planned_account, file.replace("s3:GetObject", "S3:getobject"))
    assert "The saved plan lists other calls than its changes need." in refusal_of(planned_account)
    planned_account.write(AFTER)


def test_what_one_apply_names_is_counted_past_the_first_five(planned_account: Account) -> None:
    save(
        planned_account,
        AFTER.replace("  stays: {}", "  stays: {}\n" + "\n".join(f"  e{index}: {{}}" for index in range(9))),
    )
    said = refusal_of(planned_account)
    assert said.count("the plan changes it") == 5
    assert "4 more differences." in said


def edit_plan_file(account: Account, change: Callable[[Any], object], *options: str) -> None:
    """The plan of the very files, with one thing changed, and its checksum put right."""
    path = save(account, AFTER, *options)
    content = json.loads(path.read_text())
    change(content)
    content["integrity"] = compute_digest({key: value for key, value in content.items() if key != "integrity"})
    path.write_text(json.dumps(content))


def other_start(content: Any) -> None:
    one, other = (content["saved"]["entities"][name] for name in ("user/u", "user/leaver"))
    one["before"] = {**other["before"], "name": "u", "tags": {"a": "b"}}


EDITED: dict[str, Callable[[Any], object]] = {
    "a call more": lambda content: content["changes"][0]["calls"].append(content["changes"][1]["calls"][0]),
    "a call less": lambda content: content["changes"][0]["calls"].pop(),
    "a call that is none": lambda content: content["changes"][0].update(calls=[1]),
    "changes that are none": lambda content: content.update(changes=[1]),
    "another reason": lambda content: content["changes"][0].update(reason="because"),
    "another start": other_start,
    "another end of its validity": lambda content: content["saved"].update(valid_until="2999-01-01T00:00:00Z"),
    "targets": lambda content: content.update(targets=["user/u"]),
    "an entity less": lambda content: content["saved"]["entities"].pop("user/leaver"),
    "a change less": lambda content: content["changes"].pop(),
    "other totals": lambda content: content["summary"].update(delete=0),
    "another account": lambda content: content.update(account="210987654321"),
    "another partition": lambda content: content["saved"].update(partition="aws-cn"),
}


@pytest.mark.parametrize("change", EDITED.values(), ids=EDITED.keys())
def test_a_plan_of_the_files_with_one_thing_changed_is_refused(
    planned_account: Account, change: Callable[[Any], object]
) -> None:
    edit_plan_file(planned_account, change)
    refusal_of(planned_account)


def gloss_over(content: Any) -> None:
    content["access"] = {key: [] for key in content["access"]} | {"pairs_gathered": False}
    content.update(findings=[], safe=True)
    content["saved"]["reads"] = 1
    first, second = (change["calls"][0] for change in content["changes"][:2])
    first["seq"], second["seq"] = second["seq"], first["seq"]


def test_what_is_not_compared_does_not_count_either(own: Account) -> None:
    """Who gains access, what was found, whether it is safe, the order of the calls: worked out from the files."""
    file = AFTER.replace(SETTINGS, "settings: {break_glass: [role/r], max_deletes: 0}")
    file = file.replace("[{services: [ec2.amazonaws.com]}]", "[{services: [ec2.amazonaws.com]}, {users: [u]}]")
    own.write(file)
    path = save(own, file)
    content = json.loads(path.read_text())
    gloss_over(content)
    content["integrity"] = compute_digest({key: value for key, value in content.items() if key != "integrity"})
    path.write_text(json.dumps(content))
    said = refusal_of(own)
    assert "1 deletion exceeds max_deletes (0)" in said
    assert "+ user/u may assume role/r" in said
    code, said = apply(own, "--allow-deletes")
    assert (code, "+ user/u may assume role/r" in said) == (0, True), said
    assert changes_of(own.plan()) == {}


# What the files give


def test_the_plan_of_the_files_is_applied_call_by_call(own: Account) -> None:
    plan = json.loads(save(own, AFTER).read_text())
    code, said = apply(own)
    assert code == 0, said
    assert sorted(list_writes(own)) == sorted(log_lines_of(plan))
    assert changes_of(own.plan()) == {}
    assert "user/u: the plan changes it, but the files do not. Either the change was made" in refusal_of(own)


def test_a_plan_is_given_by_several_files_a_folder_and_a_variable(planned_account: Account) -> None:
    head, users = AFTER.split("users:\n")
    users, groups = users.split("groups: {g: {}}")
    parts = planned_account.folder / "parts"
    parts.mkdir(exist_ok=True)
    (parts / "head.yaml").write_text(f"{head}groups: {{g: {{}}}}{groups}")
    (parts / "users.yaml").write_text(f"version: 1\nusers:\n{users}")
    save(planned_account, AFTER.replace("team: a", "team: b"))
    for files in (
        ("--against", "parts"),
        ("--against", "parts/head.yaml", "--against", "parts/users.yaml"),
        ("--against", "parts/head.yaml", "parts/users.yaml"),
    ):
        result = planned_account.run_cli("apply", "plan.json", *files)
        assert "tags.team" in result.err
        result = planned_account.run_cli(
            "apply", "plan.json", *files, "--var", "team=b", "--journal", "no/such/folder/j"
        )
        assert "no/such/folder" in result.err, result.err  # it was the plan, and nothing can be recorded
    assert "head.yaml" not in refusal_of(planned_account, "--var", "team=b", "--journal", "no/such/folder/j")


def test_targets_are_named_as_the_plan_was_made_with(own: Account) -> None:
    save(own, AFTER, "--target", "user/u")
    assert "--target: the plan was made with user/u, but this apply has none." in refusal_of(own)
    assert "made with user/u, but this apply has role/r." in refusal_of(own, "--target", "role/r")
    code, said = apply(own, "--target", "user/u")
    assert code == 0, said
    assert list_writes(own)
    assert set(changes_of(own.plan())) == {"role/r", "user/leaver"}


def test_what_changed_meanwhile_makes_it_another_plan(own: Account) -> None:
    save(own, AFTER)
    own.iam.tag_user(UserName="u", Tags=[{"Key": "team", "Value": "z"}])
    assert "user/u has changed since the plan was made: tags.team." in refusal_of(own)
    own.iam.untag_user(UserName="u", TagKeys=["team"])
    own.iam.create_user(UserName="late", Tags=[{"Key": "reconcile:owner", "Value": "platform"}])
    assert "user/late: the files change it, but the plan does not." in refusal_of(own)
    own.iam.delete_user(UserName="late")
    assert apply(own)[0] == 0


def test_another_caller_than_the_one_who_planned_may_apply_it(own: Account) -> None:
    """As in a pipeline, where one role reads and another one writes; the writer takes from its own rights last."""
    writer = create_person(own.iam, "writer")
    own.iam.attach_user_policy(UserName="writer", PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess")
    file = AFTER.replace("  stays: {}", '  stays: {}\n  writer: {policies: ["aws:IAMFullAccess"], groups: [g]}')
    own.write(file)
    save(own, file)
    own.clear_calls()
    result = own.run_cli("apply", "plan.json", "--against", "roles.yaml", **writer.key_variables)
    assert result.code == 0, result.out + result.err
    assert list_writes(own)[-1].startswith("DetachUserPolicy writer")


WITHOUT_A_PLAN: dict[str, tuple[str, ...]] = {
    "no FILE": (),
    "a file": ("roles.yaml",),
    "the plan behind a file": ("roles.yaml", "plan.json"),
    "no such plan": ("missing.json",),
}


@pytest.mark.parametrize("files", WITHOUT_A_PLAN.values(), ids=WITHOUT_A_PLAN.keys())
def test_without_a_saved_plan_it_is_a_usage_error(planned_account: Account, files: tuple[str, ...]) -> None:
    save(planned_account, AFTER)
    result = planned_account.run_cli("apply", *files, "--against", "roles.yaml", "--yes")
    assert result.code == 1
    assert "--against needs a saved plan as the first FILE" in result.err
    assert "`reconcile plan roles.yaml --out plan.json`" in result.err
    assert "`reconcile apply plan.json --against roles.yaml`" in result.err


@pytest.mark.parametrize(
    ("file", "told"), [("missing.yaml", "missing.yaml"), ("plan.json", "plan.json is a plan, not")]
)
def test_files_that_give_no_state_are_told(planned_account: Account, file: str, told: str) -> None:
    save(planned_account, AFTER)
    result = planned_account.run_cli("apply", "plan.json", "--against", file)
    assert (result.code, told in result.err) == (1, True)


def test_a_file_with_a_mistake_is_told_before_the_account_is_read(planned_account: Account) -> None:
    save(planned_account, AFTER)
    planned_account.write(AFTER.replace("groups: {g", "gruops: {g"))
    assert "gruops" in refusal_of(planned_account)
    planned_account.write(AFTER)


def test_a_plan_of_undo_is_not_what_files_give(own: Account) -> None:
    own.apply("roles.yaml", "--journal", "j.jsonl")
    assert own.run_cli("undo", "j.jsonl", "--out", "plan.json").code in (0, 3)
    assert "the plan changes it, but the files do not" in refusal_of(own)


def test_a_plan_of_files_without_break_glass_has_what_the_account_remembers(own: Account) -> None:
    save(own, AFTER.replace(SETTINGS, "settings: {}"))
    plan = json.loads((own.folder / "plan.json").read_text())
    assert plan["saved"]["settings"]["break_glass"] == ["role/r"]
    assert own.run_cli("apply", "plan.json", "--against", "roles.yaml", "--allow-deletes").code == 0
