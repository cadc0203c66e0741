"""Aliases as profiles: what each form says, what it leaves out, and what is refused."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
from botocore.compat import compat_shell_split
from botocore.configloader import load_config
from hypothesis import given
from hypothesis import strategies as st

from reconciler.assume import profiles
from reconciler.assume.profiles import CredentialProcess, Profile
from reconciler.files import ini, ini_edits
from reconciler.model.desired import Alias
from reconciler.model.problem import Place, ReconcileError

ROLE = "arn:aws:iam::123456789012:role/reader"
PROCESS = CredentialProcess(("/opt/re concile",), ("/home/me/roles.yaml",))
TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc", "Zl", "Zp", "Cf", "Cn", "Co", "Zs"]), min_size=1)


def alias(name: str, **more: Any) -> Alias:
    return Alias(name, ROLE, None, Place("roles.yaml", 1, 1), **more)


def name_aliases(*aliases: Alias) -> dict[str, Alias]:
    return {item.name: item for item in aliases}


def options_of(made: tuple[Profile, ...], name: str) -> dict[str, str]:
    return dict(next(profile.options for profile in made if profile.name == name))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, {"source_profile": "default"}),
        ({"source_profile": "me"}, {"source_profile": "me"}),
        ({"duration": 7200, "source_profile": "me"}, {"source_profile": "me", "duration_seconds": "7200"}),
        ({"external_id": "x:1"}, {"source_profile": "default", "external_id": "x:1"}),
        ({"session_name": "n"}, {"source_profile": "default", "role_session_name": "n"}),
        ({"region": "eu-west-1"}, {"source_profile": "default", "region": "eu-west-1"}),
        ({"mfa_serial": "arn:s"}, {"source_profile": "default", "mfa_serial": "arn:s"}),
        ({"mfa_serial": "arn:s", "mfa": True}, {"source_profile": "default", "mfa_serial": "arn:s"}),
        ({"mfa_serial": "arn:s", "mfa": False}, {"source_profile": "default"}),
        ({"via": "hop"}, {"source_profile": "hop"}),
        ({"via": "hop", "source_profile": "me", "mfa_serial": "arn:s"}, {"source_profile": "hop"}),
    ],
)
def test_an_alias_as_a_role_says_what_aws_tools_understand(more: dict[str, Any], expected: dict[str, str]) -> None:
    made = profiles.make_role_profiles(name_aliases(alias("hop"), alias("a", **more)))
    assert options_of(made, "a") == {"role_arn": ROLE, **expected}


def test_a_prefix_begins_every_name_and_the_names_of_hops() -> None:
    made = profiles.make_role_profiles(name_aliases(alias("hop", source_profile="hop"), alias("a", via="hop")), "re-")
    assert [profile.name for profile in made] == ["re-hop", "re-a"]
    assert options_of(made, "re-a")["source_profile"] == "re-hop"
    assert options_of(made, "re-hop")["source_profile"] == "hop", "a source is somebody else's profile"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, ["--profile", "default"]),
        ({"source_profile": "me"}, []),
        ({"via": "hop"}, []),
        ({"duration": 900, "source_profile": "me"}, ["--duration", "1800"]),
        ({"duration": 1800, "source_profile": "me"}, []),
    ],
)
def test_an_alias_as_a_process_runs_this_program(more: dict[str, Any], words: list[str]) -> None:
    aliases = name_aliases(alias("hop", source_profile="base"), alias("a", **more))
    made = profiles.make_process_profiles(
        aliases, CredentialProcess(("/x/reconcile",), ("/f.yaml", "/g"), (("env", "p r"),))
    )
    assert shlex.split(options_of(made, "a")["credential_process"]) == [
        *("/x/reconcile", "assume", "a", "--file", "/f.yaml", "--file", "/g", "--var", "env=p r"),
        *words,
        *("--format", "credential-process"),
    ]


@given(st.lists(TEXTS, min_size=1, max_size=3), st.lists(TEXTS, min_size=1, max_size=2), st.booleans())
def test_any_path_survives_the_config_file_and_the_splitting(
    tmp_path_factory: pytest.TempPathFactory, program: list[str], files: list[str], windows: bool
) -> None:
    program, files = [f"/{word} $HOME ~ %d" for word in program], [f"/'\"{file} \\" for file in files]
    made = profiles.make_process_profiles(
        name_aliases(alias("a", region="x")), CredentialProcess(tuple(program), tuple(files), windows=windows)
    )
    text = ini_edits.replace_block("", "f", profiles.format_profiles(made, {"a": ini.header_of("a")}), "config").text
    path: Path = tmp_path_factory.getbasetemp() / "config"
    path.write_text(text, encoding="utf-8", newline="")
    line = load_config(str(path))["profiles"]["a"]["credential_process"]
    found = compat_shell_split(line, "win32" if windows else "linux")
    assert found[: len(program)] == program
    assert [found[at + 1] for at, word in enumerate(found) if word == "--file"] == files


@pytest.mark.parametrize("name", ["default", "a/b:c", "/x", "a=b,c.d@e+f", "profile", "DEFAULT"])
def test_botocore_reads_of_every_name_what_was_meant(name: str, tmp_path: Path) -> None:
    made = profiles.make_role_profiles(name_aliases(alias(name, source_profile="me", region="eu-west-1")))
    body = profiles.format_profiles(made, {name: ini.header_of(name)})
    (tmp_path / "config").write_text(ini_edits.replace_block("[profile z]\na=\n", "f", body, "config").text)
    assert load_config(str(tmp_path / "config"))["profiles"][name] == {
        "role_arn": ROLE,
        "source_profile": "me",
        "region": "eu-west-1",
    }


@pytest.mark.parametrize(
    "aliases",
    [
        name_aliases(alias("default")),
        name_aliases(alias("a", source_profile="a")),
        name_aliases(alias("a", source_profile="b"), alias("b", source_profile="a")),
        name_aliases(alias("default", source_profile="b"), alias("b")),
    ],
)
def test_profiles_that_would_call_themselves_without_end_are_refused(aliases: dict[str, Alias]) -> None:
    for make in (
        lambda: profiles.make_role_profiles(aliases),
        lambda: profiles.make_process_profiles(aliases, PROCESS),
    ):
        with pytest.raises(ReconcileError, match="form a circle"):
            make()
    assert profiles.make_process_profiles(aliases, PROCESS, "re-")


@pytest.mark.parametrize("prefix", ["-", "a b", "a]", 'a"', "a\n", "ä", "a#"])
def test_a_prefix_that_no_profile_can_have_is_refused(prefix: str) -> None:
    with pytest.raises(ReconcileError, match="name cannot begin with"):
        profiles.make_role_profiles({}, prefix)


@pytest.mark.parametrize("source", ["a\nb", " a", "a\x1b[0m", "a\r[profile x]"])
def test_a_value_that_is_not_one_line_is_refused(source: str) -> None:
    with pytest.raises(ReconcileError, match="AWS config file cannot hold"):
        profiles.make_role_profiles(name_aliases(alias("a", source_profile=source)))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"session_tags": {"a": "b"}, "transitive_tags": ("a",)}, "`session_tags`, `transitive_tags` of the alias"),
        ({"source_identity": "me"}, "`source_identity`"),
        ({"via": "hop", "source_profile": "x"}, "`source_profile`: with `via`"),
        ({"via": "hop", "mfa_serial": "x", "mfa": True}, "`mfa_serial`, `mfa`: with `via`"),
    ],
)
def test_what_a_role_profile_leaves_out_is_said(more: dict[str, Any], words: str) -> None:
    made = profiles.make_role_profiles(name_aliases(alias("hop", source_profile="me"), alias("a", **more)))
    (found,) = profiles.find_omitted_fields(made, ())
    assert words in found.summary and "--credential-process" in found.hint


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"policy": "{}"}, "it has `policy`,"),
        ({"policy_arns": ("arn",)}, "it has `policy_arns`,"),
        ({"policy": "{}", "policy_arns": ("arn",), "via": "hop"}, "it has `policy` and `policy_arns`,"),
    ],
)
def test_an_alias_with_a_session_policy_becomes_no_profile_that_may_more(more: dict[str, Any], words: str) -> None:
    aliases = name_aliases(
        alias("hop", source_profile="me"), alias("a", **more), alias("b", via="a"), alias("c", via="b")
    )
    made = profiles.make_role_profiles(aliases)
    assert [profile.name for profile in made] == ["hop"]
    itself, after, last = profiles.find_omitted_aliases(aliases)
    assert itself.summary.startswith("a gets no profile") and words in itself.summary
    for found, name in ((after, "b"), (last, "c")):
        assert found.summary.startswith(f"{name} gets no profile: it is assumed via a, which has `policy")
    assert all("--credential-process" in found.hint for found in (itself, after, last))
    assert [profile.name for profile in profiles.make_process_profiles(aliases, PROCESS)] == ["hop", "a", "b", "c"]


def test_an_alias_without_a_session_policy_is_not_left_out() -> None:
    aliases = name_aliases(alias("hop", source_profile="me", session_tags={"a": "b"}), alias("a", via="hop"))
    assert profiles.find_omitted_aliases(aliases) == ()


def test_what_a_role_profile_says_whole_is_no_finding() -> None:
    more = {"external_id": "xx", "session_name": "nn", "region": "r", "duration": 1800, "mfa_serial": "arn:s"}
    made = profiles.make_role_profiles(name_aliases(alias("hop", mfa=True, **more), alias("a", via="hop", mfa=False)))
    assert profiles.find_omitted_fields(made, ()) == ()
    assert profiles.find_longer_sessions(made) == ()


@pytest.mark.parametrize(
    ("more", "with_mfa", "expected"),
    [
        ({}, ["a"], True),
        ({}, ["b"], False),
        ({"mfa_serial": "arn:s"}, ["a"], False),
        ({"via": "hop"}, ["a"], False),
    ],
)
def test_a_profile_without_a_device_is_reported_if_mfa_is_needed(
    more: dict[str, Any], with_mfa: list[str], expected: bool
) -> None:
    made = profiles.make_role_profiles(name_aliases(alias("hop"), alias("a", **more)))
    assert [problem.code for problem in profiles.find_omitted_fields(made, with_mfa)] == [
        "mfa-serial-unknown"
    ] * expected


def test_a_source_that_this_machine_does_not_have_is_told_once() -> None:
    made = profiles.make_role_profiles(
        name_aliases(alias("a"), alias("b"), alias("c", source_profile="me"), alias("d", via="a"))
    )
    missing = profiles.find_missing_sources(made, frozenset({"me"}))
    assert [found.code for found in missing] == ["no-source-profile"]
    assert "profile default" in missing[0].summary and "a and b" in missing[0].summary
    assert profiles.find_missing_sources(made, frozenset({"me", "default"})) == ()
