"""One way to name files for all commands: FILE or --file, `-` for standard input, and globs of addresses."""

from __future__ import annotations

import io
import sys
from typing import Any

import pytest

from tests.support.account import Account, Result
from tests.support.plans import changes_of

HEAD = 'version: 1\nowner: platform\naccount: "123456789012"\n'
FILE = HEAD + "users: {ann: {}}\n"
OTHER = "users: {bob: {}}\n"
BROKEN = HEAD + "users:\n  ann: {grups: []}\n"


@pytest.fixture
def account_with_config(account: Account) -> Account:
    """A folder with `one.yaml` and `two.yaml`, and no default file."""
    account.write(FILE, "one.yaml")
    account.write(OTHER, "two.yaml")
    account.write("[default]\nregion = us-east-1\n", "config")
    return account


def run(account: Account, *arguments: str) -> Result:
    return account.run_cli(*arguments, AWS_CONFIG_FILE=str(account.folder / "config"))


COMMANDS = (("validate",), ("plan",), ("apply", "--yes"), ("profiles",))


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
@pytest.mark.parametrize(
    "files",
    [
        ("one.yaml",),
        ("-f", "one.yaml"),
        ("--file=one.yaml",),
        ("one.yaml", "-f", "./one.yaml"),
        ("-f", "one.yaml", "-f", "two.yaml"),
        ("one.yaml", "two.yaml"),
    ],
    ids=" ".join,
)
def test_files_are_named_by_position_or_by_option(
    account_with_config: Account, command: tuple[str, ...], files: tuple[str, ...]
) -> None:
    result = run(account_with_config, *command, *files)
    assert result.code == 0, result.err
    if command[0] == "validate":
        assert result.out.startswith(f"Valid: {2 if 'two.yaml' in files else 1} entit")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_two_ways_that_name_different_files_are_an_error(
    account_with_config: Account, command: tuple[str, ...]
) -> None:
    result = run(account_with_config, *command, "one.yaml", "-f", "two.yaml")
    assert (result.code, result.out) == (1, "")
    assert "FILE names one.yaml, and --file names two.yaml. Name all files in one of the two ways" in result.err


def test_a_saved_plan_is_applied_by_option_too(account_with_config: Account) -> None:
    run(account_with_config, "plan", "-f", "one.yaml", "--out", "plan.json")
    assert run(account_with_config, "apply", "-f", "plan.json", "--against", "one.yaml").code == 0


# Standard input


class _Input(io.StringIO):
    """Standard input that a pipe feeds."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.buffer = io.BytesIO(text.encode())


@pytest.fixture
def feed_stdin(monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda text: monkeypatch.setattr(sys, "stdin", _Input(text))


@pytest.mark.parametrize("way", [("-",), ("-f", "-")], ids=" ".join)
def test_validate_and_plan_read_standard_input(account: Account, feed_stdin: Any, way: tuple[str, ...]) -> None:
    feed_stdin(FILE)
    assert account.run_cli("validate", *way).out.startswith("Valid: 1 entity")
    feed_stdin(FILE)
    assert set(changes_of(account.run_cli("plan", *way, "--format", "json").json)) == {"user/ann"}


def test_a_file_that_names_no_account_is_read_once_more_from_memory(account: Account, feed_stdin: Any) -> None:
    feed_stdin("version: 1\nowner: me\nroles: {app: {trust: [{accounts: ['{{ account_id }}']}]}}\n")
    (change,) = account.run_cli("plan", "-", "--format", "json").json["changes"]
    assert "arn:aws:iam::123456789012:root" in str(change)


@pytest.mark.parametrize("command", ["validate", "plan"])
def test_places_in_standard_input_have_a_name(account: Account, feed_stdin: Any, command: str) -> None:
    feed_stdin(BROKEN)
    result = account.run_cli(command, "-")
    assert result.code == 1
    assert result.err.startswith("<stdin>:5:9: error: Unknown key 'grups' in users.ann.")


def test_files_beside_standard_input_and_paths_in_it_are_of_the_working_folder(
    account: Account, feed_stdin: Any
) -> None:
    account.write(OTHER, "two.yaml")
    account.write("groups: {g: {}}\n", "more/three.yaml")
    feed_stdin(FILE + "include: [more/three.yaml]\n")
    assert account.run_cli("validate", "-", "two.yaml").out.startswith("Valid: 3 entities")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "<stdin>:1:1: error: <stdin> is empty."),
        ('{\n  "format_version": 1', "`reconcile show FILE`"),
        ("a: [", "<stdin>:2:1: error: Not valid YAML"),
    ],
)
def test_what_is_no_file_is_told_of_standard_input_too(account: Account, feed_stdin: Any, text: str, said: str) -> None:
    feed_stdin(text)
    result = account.run_cli("validate", "-")
    assert (result.code, said in result.err) == (1, True), result.err


def test_standard_input_that_is_closed_or_too_large_is_told(
    account: Account, monkeypatch: pytest.MonkeyPatch, feed_stdin: Any
) -> None:
    monkeypatch.setattr("reconciler.desired.source_files.LARGEST_DESIRED", 10)
    feed_stdin(FILE)
    assert "Cannot read <stdin>: it has more" in account.run_cli("validate", "-").err
    monkeypatch.setattr(sys, "stdin", None)
    assert "Cannot read <stdin>: it is closed" in account.run_cli("validate", "-").err


@pytest.mark.parametrize("command", [("apply", "--yes"), ("profiles",)], ids=lambda command: command[0])
def test_what_writes_takes_no_standard_input(account: Account, feed_stdin: Any, command: tuple[str, ...]) -> None:
    feed_stdin(FILE)
    result = account.run_cli(*command, "-")
    assert (result.code, "`-` (standard input) is for `validate` and `plan`" in result.err) == (1, True)


def test_a_pipe_of_a_shell_feeds_a_plan(account: Account) -> None:
    result = account.run_process("plan", "-", input=FILE)
    assert (result.code, "+ user/ann" in result.out) == (0, True), result.err


# --target


MANY = HEAD + (
    "users: {ann: {}, bob: {}}\nroles:\n"
    "  app-one: {trust: [{users: [ann]}]}\n"
    "  app-two: {trust: [{services: [ec2.amazonaws.com]}], instance_profile: true}\n"
    "  web: {trust: [{users: [bob]}]}\n"
)


@pytest.mark.parametrize(
    ("targets", "planned"),
    [
        (["role/app-*"], {"role/app-one", "role/app-two", "instance-profile/app-two", "user/ann"}),
        (["ROLE/APP-T??"], {"role/app-two", "instance-profile/app-two"}),
        (["*/web", "user/[a]nn"], {"role/web", "user/bob", "user/ann"}),
        (["user/*", "role/web"], {"user/ann", "user/bob", "role/web"}),
    ],
)
def test_target_takes_globs(account: Account, targets: list[str], planned: set[str]) -> None:
    account.write(MANY)
    plan = account.plan("roles.yaml", *(word for target in targets for word in ("--target", target)))
    assert set(changes_of(plan)) == planned
    assert not [target for target in plan["targets"] if "*" in target]


def test_a_glob_also_means_what_goes_and_its_apply_is_verified(account: Account) -> None:
    account.write(MANY)
    account.apply()
    account.iam.create_role(
        RoleName="app-by-hand",
        AssumeRolePolicyDocument='{"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Principal": '
        '{"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}}',
    )
    account.write(HEAD + "users: {ann: {}, bob: {}}\nroles: {web: {trust: [{users: [bob]}]}}\n")
    plan = account.plan("roles.yaml", "--target", "role/app-*", "--allow-deletes")
    assert plan["targets"] == ["role/app-one", "role/app-two"]
    for target in ("role/app-*", "role/app-by-*"):
        result = account.apply("roles.yaml", "--target", target, "--allow-deletes")
        assert "--target entities" in result.out


def test_an_address_that_an_apply_deleted_is_verified_too(account: Account) -> None:
    account.write(MANY)
    account.apply()
    account.write(MANY.replace("  web: {trust: [{users: [bob]}]}\n", ""))
    result = account.apply("roles.yaml", "--target", "role/web", "--allow-deletes")
    assert "Live IAM matches the file for the --target entities." in result.out


def test_a_saved_plan_of_a_glob_is_compared_with_the_same_glob(account: Account) -> None:
    account.write(MANY)
    glob = ("--target", "role/app-*")
    account.plan("roles.yaml", "--out", "plan.json", *glob)
    assert account.run_cli("apply", "plan.json", *glob).code == 1
    assert account.run_cli("apply", "plan.json", "--against", "roles.yaml").code == 1
    assert account.run_cli("apply", "plan.json", "--against", "roles.yaml", *glob).code == 0


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("role/ap-*", "--target role/ap-* is neither in the file nor in account 123456789012."),
        ("role/zz", "Check the name, the files and the account."),
        ("app-*", "'app-*' is not an address of the form kind/name"),
    ],
)
def test_a_glob_that_matches_nothing_never_means_everything(account: Account, target: str, said: str) -> None:
    account.write(MANY)
    result = account.run_cli("plan", "roles.yaml", "--target", target)
    assert (result.code, result.out, said in result.err) == (1, "", True), result.err


# --var


def test_a_variable_that_nothing_uses_is_an_error_with_the_one_that_was_meant(account: Account) -> None:
    account.write(HEAD + 'vars: {stage: dev}\nusers: {"ann-{{ stage }}": {}}\n')
    for command in ("validate", "plan"):
        result = account.run_cli(command, "roles.yaml", "--var", "stge=prod")
        assert (result.code, result.out) == (1, "")
        assert "--var stge: no file declares or uses it." in result.err
        assert "Did you mean 'stage'?" in result.err
