"""Actions are named by AWS's list, service by service; what the list lacks stays a pattern."""

from __future__ import annotations

import pytest

from reconciler.model.permissions import ActionPattern, Direction, PermissionRow
from reconciler.plan.access.action_names import ActionNamer, is_data_action

LEVELS = {
    "s3": {"getobject": "read", "putobject": "write", "listbucket": "list"},
    "iam": {"passrole": "write", "getuser": "read"},
}
SPELLED = {"getobject": "GetObject", "putobject": "PutObject", "listbucket": "ListBucket"}


class Catalogue:
    def actions_of(self, service: str) -> dict[str, str] | None:
        return {name: SPELLED.get(name, name) for name in LEVELS[service]} if service in LEVELS else None

    def level_of(self, service: str, action: str) -> str:
        return LEVELS[service][action]

    def condition_keys_of(self, prefix: str) -> dict[str, str]:
        keys = {"ec2": ("ec2:InstanceType", "ec2:ResourceTag/")}.get(prefix, ())
        return {key.lower(): key for key in keys}


def name_patterns(*patterns: ActionPattern) -> list[PermissionRow]:
    row = PermissionRow(("user/a",), "*", patterns, ("*",), (), None, (), Direction.WIDER, True)
    return list(ActionNamer(Catalogue()).name_actions(row))


def test_there_is_a_row_for_each_service() -> None:
    s3, iam = name_patterns(ActionPattern("s3:*", ("s3:getobject",)), ActionPattern("iam:get*"))
    assert (s3.service, s3.actions, s3.counts) == ("s3", ("s3:PutObject", "s3:ListBucket"), (("write", 1), ("list", 1)))
    assert (iam.service, iam.actions) == ("iam", ("iam:getuser",))


@pytest.mark.parametrize(
    ("term", "spelled"),
    [
        ("StringEquals ec2:instancetype t3.micro", "StringEquals ec2:InstanceType t3.micro"),
        (
            "unless ForAnyValue:StringLike ec2:resourcetag/team x",
            "unless ForAnyValue:StringLike ec2:ResourceTag/team x",
        ),
        (
            "Bool a:b true and StringEquals ec2:instancetype ec2:instancetype",
            "Bool a:b true and StringEquals ec2:InstanceType ec2:instancetype",
        ),
        ("StringEquals aws:PrincipalTag/x ec2:instancetype", "StringEquals aws:PrincipalTag/x ec2:instancetype"),
    ],
)
def test_the_keys_of_services_are_spelled_by_the_list(term: str, spelled: str) -> None:
    row = PermissionRow(("user/a",), "*", (ActionPattern("s3:*"),), ("*",), (), (term,), None, Direction.NARROWER, True)
    (found,) = ActionNamer(Catalogue()).name_actions(row)
    assert (found.before, found.after) == ((spelled,), None)


def test_the_telling_actions_come_first() -> None:
    (row,) = name_patterns(ActionPattern("s3:*"))
    assert row.actions[0] == "s3:GetObject" and row.has_data


def test_passing_a_role_counts_as_permissions_management() -> None:
    (row,) = name_patterns(ActionPattern("iam:passrole"))
    assert row.levels == ("permissions management",)


def test_a_pattern_of_any_service_is_not_expanded() -> None:
    (row,) = name_patterns(ActionPattern("*", ("iam:*",)))
    assert (row.service, row.actions, row.patterns) == ("*", (), (ActionPattern("*", ("iam:*",)),))


def test_what_the_list_lacks_stays_a_pattern() -> None:
    (row,) = name_patterns(ActionPattern("new:thing"))
    assert (row.service, row.actions, row.patterns) == ("new", (), (ActionPattern("new:thing"),))


def test_names_are_spelled_as_aws_spells_them() -> None:
    (row,) = name_patterns(ActionPattern("s3:getobject"))
    assert row.patterns == (ActionPattern("s3:GetObject"),)


def test_reading_secrets_is_reading_data() -> None:
    assert is_data_action("secretsmanager:getsecretvalue") and is_data_action("s3:getobjectversion")
    assert not is_data_action("s3:putobject") and not is_data_action("secretsmanager:listsecrets")
