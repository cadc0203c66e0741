"""`accounts` and `except` of an entry: it reaches the accounts that they name, and no other by a slip."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from reconciler.desired.declare import declare
from reconciler.desired.load import load
from reconciler.model.desired import Desired
from reconciler.model.member_account import MemberAccount, Membership
from tests.support.files import HEAD, Folder

ACCOUNTS = tuple(
    MemberAccount(name, f"{number}" * 12) for number, name in enumerate(("prod", "staging", "dev-1", "dev-2"), 1)
)


def read_for(
    folder: Folder,
    account: MemberAccount,
    *texts: str,
    is_complete: bool = True,
) -> Desired:
    """Return the desired state that an account gets of files with these texts after the head."""
    files = [folder.write(f"{number}.yaml", text) for number, text in enumerate(texts)]
    return declare(load(files, {}, membership=Membership(account, ACCOUNTS, is_complete)))


def names_with(folder: Folder, entry: str) -> list[str]:
    """Return the accounts whose desired state has a user with these keys."""
    return [
        account.name
        for account in ACCOUNTS
        if read_for(folder, account, f"{HEAD}users: {{ann: {entry}}}\n").state.entities
    ]


@pytest.mark.parametrize(
    ("entry", "names"),
    [
        ("{}", ["prod", "staging", "dev-1", "dev-2"]),
        ("{accounts: [prod]}", ["prod"]),
        ("{accounts: [prod, 'dev-*']}", ["prod", "dev-1", "dev-2"]),
        ("{accounts: ['dev-?']}", ["dev-1", "dev-2"]),
        ("{accounts: ['dev-[!1]']}", ["dev-2"]),
        ("{accounts: ['222222222222']}", ["staging"]),
        ("{accounts: ['*']}", ["prod", "staging", "dev-1", "dev-2"]),
        ("{except: [prod]}", ["staging", "dev-1", "dev-2"]),
        ("{except: ['*']}", []),
        ("{accounts: ['dev-*'], except: [dev-1]}", ["dev-2"]),
        ("{accounts: [prod], except: [prod]}", []),
        ("{accounts: [PROD, prod]}", ["prod"]),  # names have upper and lower case; PROD alone is a problem, below
    ],
)
def test_an_entry_reaches_the_accounts_that_its_keys_name(entry: str, names: list[str], folder: Folder) -> None:
    assert names_with(folder, entry) == names


@pytest.mark.parametrize(
    ("entry", "codes"),
    [
        ("{accounts: [prd]}", ["unknown-account"]),
        ("{except: ['qa*']}", ["unknown-account"]),
        ("{accounts: [PROD]}", ["unknown-account"]),
        ("{accounts: prod}", ["bad-accounts"]),
        ("{accounts: []}", ["bad-accounts"]),
        ("{accounts: }", ["bad-accounts"]),
        ("{except: {prod: }}", ["bad-accounts"]),
        ("{accounts: [111111111111]}", ["bad-accounts"]),
        ("{accounts: ['']}", ["bad-accounts"]),
        ("{except: [[prod]]}", ["bad-accounts"]),
    ],
)
def test_a_list_that_names_nobody_is_a_problem_at_its_line(entry: str, codes: list[str], folder: Folder) -> None:
    """Not an entry for all, nor for none."""
    for account in ACCOUNTS[:2]:
        desired = read_for(folder, account, f"{HEAD}users:\n  ann: {entry}\n")
        assert [problem.code for problem in desired.problems] == codes
        place = desired.problems[0].place
        assert place is not None and place.line == 4


def test_a_name_may_be_of_an_account_that_only_aws_knows(folder: Folder) -> None:
    desired = read_for(folder, ACCOUNTS[0], f"{HEAD}users: {{ann: {{accounts: [qa]}}}}\n", is_complete=False)
    assert (desired.problems, desired.state.entities) == ((), {})


def test_a_misspelt_account_gets_a_suggestion(folder: Folder) -> None:
    (problem,) = read_for(folder, ACCOUNTS[0], f"{HEAD}users: {{ann: {{accounts: [stagin]}}}}\n").problems
    assert problem.hint == "Did you mean 'staging'?"


@pytest.mark.parametrize("key", ["accounts", "except"])
def test_a_file_of_one_account_cannot_select(key: str, folder: Folder) -> None:
    assert folder.find_problems(f"{HEAD}users:\n  ann: {{{key}: [prod]}}\n") == ["roles.yaml:4:9 no-organization"]


SECTIONS: Sequence[str] = (
    "users: {{x: {key}}}",
    "groups: {{x: {key}}}",
    "roles: {{x: {{trust: [{{services: [ec2.amazonaws.com]}}], {inner}}}}}",
    "policies: {{x: {{document: {{Statement: {{Effect: Allow, Action: 's3:*', Resource: '*'}}}}, {inner}}}}}",
    "aliases: {{x: {{role: 'arn:aws:iam::111111111111:role/r', {inner}}}}}",
    "account_settings: {{alias: acme, {inner}}}",
    "oidc_providers: {{'token.actions.githubusercontent.com': {{client_ids: [x], {inner}}}}}",
)


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.partition(":")[0])
def test_every_section_of_entries_can_select(section: str, folder: Folder) -> None:
    inner = "accounts: [prod]"
    text = HEAD + section.format(key=f"{{{inner}}}", inner=inner) + "\n"
    have, have_not = (read_for(folder, account, text) for account in ACCOUNTS[:2])
    assert [have.problems, have_not.problems] == [(), ()]
    assert bool(have.state.entities or have.aliases)
    assert not have_not.state.entities
    assert not have_not.aliases


def test_two_files_declare_one_entity_for_different_accounts(folder: Folder) -> None:
    entries = ("{path: /a/, accounts: [prod]}", "{path: /b/, except: [prod]}")
    texts = [f"{HEAD}users: {{ann: {entry}}}\n" for entry in entries]
    paths = []
    for account in ACCOUNTS[:2]:
        desired = read_for(folder, account, texts[0], texts[1].replace(HEAD, "version: 1\n"))
        assert desired.problems == ()
        paths += [entity.path for entity in desired.state.entities.values()]  # type: ignore[attr-defined]
    assert paths == ["/a/", "/b/"]


def test_an_entry_that_an_anchor_shares_selects_for_each_of_its_names(folder: Folder) -> None:
    text = f"{HEAD}users:\n  ann: &shared {{accounts: [prod], path: /a/}}\n  bob: *shared\n"
    assert len(read_for(folder, ACCOUNTS[0], text).state.entities) == 2
    assert read_for(folder, ACCOUNTS[1], text).state.entities == {}


PROD, STAGING, *_ = ACCOUNTS


@pytest.mark.parametrize(
    "text",
    [
        "users: {ann: {accounts: [prod], tags: {team: '{{ team }}'}}}",
        "users: {ann: {except: ['dev-*', staging], path: '/{{ team }}/'}}",
        "users: {'{{ team }}': {accounts: [prod]}}",
        "account_settings: {accounts: [prod], alias: 'acme-{{ team }}'}",
        "aliases: {ro: {accounts: [prod], role: 'arn:aws:iam::111111111111:role/{{ team }}'}}",
        "x-a: &a {accounts: [prod], path: '/{{ team }}/'}\nusers: {ann: *a, bob: {<<: *a}, cid: {<<: [*a]}}",
        "x-a: &a {path: '/{{ team }}/'}\nusers: {ann: {<<: *a, accounts: [prod]}, bob: {except: [staging], <<: *a}}",
    ],
)
def test_an_entry_needs_its_variables_only_where_it_is(text: str, folder: Folder) -> None:
    staging = read_for(folder, STAGING, f"{HEAD}{text}\n")
    assert (staging.problems, staging.state.entities, staging.aliases) == ((), {}, {})
    codes = {problem.code for problem in read_for(folder, PROD, f"{HEAD}{text}\n").problems}
    assert codes == {"unknown-variable"}


def test_an_entry_that_another_account_lacks_is_whole_for_its_own(folder: Folder) -> None:
    """The anchor belongs to an entry that staging does not get; what is merged from it is still all there."""
    ann, bob = "&a {accounts: [prod], path: /team/, tags: {a: b}}", "{<<: *a, accounts: [staging]}"
    text = f"{HEAD}users:\n  ann: {ann}\n  bob: {bob}\n"
    (of_staging,) = read_for(folder, STAGING, text).state.entities.values()
    (of_prod,) = read_for(folder, PROD, text).state.entities.values()
    assert (of_staging.name, of_staging.path, of_staging.tags) == ("bob", "/team/", of_prod.tags)  # type: ignore[attr-defined]


def test_a_variable_of_an_entry_for_another_account_is_no_misspelt_one(folder: Folder) -> None:
    file = folder.write(
        "roles.yaml", f"{HEAD}users: {{'u-{{{{ a }}}}': {{accounts: [prod], path: '/{{{{ b }}}}/'}}}}\n"
    )
    loaded = load([file], {"a": "x", "b": "y", "c": "z"}, membership=Membership(STAGING, ACCOUNTS))
    assert (loaded.problems, loaded.variable_use.unused) == ([], {"c"})


def test_the_keys_of_an_entry_are_checked_in_every_account(folder: Folder) -> None:
    text = f"{HEAD}users: {{'{{{{ a }}}}': {{accounts: [prod, prd, '{{{{ b }}}}', 012], path: '/{{{{ c }}}}/'}}}}\n"
    problems = read_for(folder, STAGING, text).problems
    assert sorted(problem.code for problem in problems) == [
        "leading-zero",
        "unknown-account",
        "unknown-account",
        "unknown-account",
        "unknown-variable",
    ]


class CountedAccounts(tuple[MemberAccount, ...]):
    """Accounts that count how often somebody goes through all of them."""

    walks = 0

    def __iter__(self) -> Iterator[MemberAccount]:
        self.walks += 1
        return super().__iter__()


def test_many_entries_of_few_patterns_go_through_the_accounts_a_few_times(folder: Folder) -> None:
    everybody = CountedAccounts(ACCOUNTS)
    entries = "\n".join(f"  u{number}: {{accounts: [dev-2, 'dev*', '[s]*']}}" for number in range(200))
    file = folder.write("roles.yaml", f"{HEAD}users:\n{entries}\n")
    assert load([file], {}, membership=Membership(PROD, everybody)).problems == []
    assert 0 < everybody.walks <= 3
