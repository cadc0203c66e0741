"""A fault of a trust is shown at the words that are wrong: in a rule, in a document, in a file of its own."""

from __future__ import annotations

import pytest

from reconciler.model.problem import Level
from tests.support.files import ACCOUNT, HEAD, Folder

SENTINEL = "sts.windows.net/33e01921-4d64-4f8c-a055-5bdaffd5e33d"
OWN, FAR = f"arn:aws:iam::{ACCOUNT}:oidc-provider/", "arn:aws:iam::210987654321:oidc-provider/"
WEB = "Action: 'sts:AssumeRoleWithWebIdentity'"


def rule(text: str) -> str:
    """A role with one trust rule, which begins on line 5."""
    return f"{HEAD}roles:\n  app:\n    trust: [{text}]\n"


def raw(principal: str, rest: str) -> str:
    """A role with one statement, whose Principal is on line 6."""
    head = f"{HEAD}roles:\n  app:\n    trust_policy: {{Statement: {{Effect: Allow,\n"
    return f"{head}    Principal: {principal}, {rest}}}}}\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (rule("{services: [ec2.amazonaws.com, ecs-task.amazonaws.com]}"), ["5:44 unknown-service-principal"]),
        (raw("{Service: ecs-task.amazonaws.com}", "Action: 'sts:AssumeRole'"), ["6:26 unknown-service-principal"]),
        (rule("{services: [rolesanywhere.amazonaws.com, account-access.amazonaws.com]}"), []),
        (raw("{Service: rolesanywhere.amazonaws.com}", "Action: 'sts:AssumeRole'"), ["6:26 service-needs-action"]),
        (rule(f"{{oidc: '{OWN}{SENTINEL}', subjects: [s]}}"), ["5:20 oidc-without-session-name"]),
        (
            rule(
                f"{{oidc: '{OWN}{SENTINEL}', subjects: [s], "
                "conditions: {StringEquals: {'sts:RoleSessionName': MicrosoftSentinel_1}}}"
            ),
            [],
        ),
        (raw(f"{{Federated: '{OWN}gitlab.com'}}", WEB), ["6:28 oidc-without-subject"]),
        (rule(f"{{oidc: '{OWN}gitlab.com', subjects: ['project_path:a/b:*']}}"), []),
        (rule(f"{{oidc: '{OWN}oidc.vercel.com', subjects: ['owner:a:*']}}"), ["5:20 trust-audience"]),
        (rule(f"{{oidc: '{OWN}oidc.vercel.com', subjects: ['owner:a:*'], audiences: ['https://vercel.com/a']}}"), []),
        (rule(f"{{oidc: '{FAR}idp.example.com', subjects: [s]}}"), ["5:20 foreign-provider"]),
        (raw(f"{{Federated: '{FAR}idp.example.com'}}", WEB), ["6:28 foreign-provider"]),
        (raw("'*'", "Action: 'sts:AssumeRole'"), ["6:16 bare-principal-in-trust", "6:16 trust-to-anyone"]),
        (raw("{AWS: '210987654321'}", "Action: ['sts:AssumeRole', 'sts:*']"), ["6:66 trust-action-wildcard"]),
        (raw("{AWS: '210987654321'}", "Action: ['sts:AssumeRole', 'sts:TagSessions']"), ["6:66 action-not-for-trust"]),
    ],
)
def test_a_flaw_of_a_trust_is_shown_at_its_words(folder: Folder, text: str, said: list[str]) -> None:
    assert folder.find_problems(text) == [f"roles.yaml:{one}" for one in said]


def test_what_iam_takes_does_not_keep_a_role_out_of_the_plan(folder: Folder) -> None:
    found = folder.declare_text(raw(f"{{Federated: '{FAR}idp.example.com'}}", WEB))
    assert {problem.level for problem in found.problems} == {Level.WARNING}
    assert len(found.state.entities) == 1


def test_in_a_file_that_names_no_account_no_provider_is_of_another_one(folder: Folder) -> None:
    assert folder.find_problems(raw(f"{{Federated: '{FAR}idp.example.com'}}", WEB), account=None) == []
