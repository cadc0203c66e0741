"""What a run leaves for `apply DIR` and `report` is read back as it was, and strictly: nobody vouches for the file."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reconciler.app.organization.files import RunOptions
from reconciler.app.organization.results_file import (
    delete_outdated_results,
    has_results,
    name_results,
    read_results,
    write_results,
)
from reconciler.app.organization.results_section import RunResults, read_run, results_to_dict
from reconciler.model.account_results import AccountResult
from reconciler.model.problem import ReconcileError
from reconciler.model.shards import Shard
from reconciler.plan.saved.fingerprint import compute_digest
from tests.support.account_results import RUN

NAME = "plan-results-wave-1-1-of-4.json"


def in_folder(run: RunResults, folder: Path) -> RunResults:
    """Return the run with its plan files in a folder."""

    def move(result: AccountResult) -> AccountResult:
        plan = replace(result.plan, file=str(folder / Path(result.plan.file).name)) if result.plan else None
        return replace(result, plan=plan)

    return replace(run, results=tuple(map(move, run.results)))


def write(folder: Path, **changes: Any) -> RunResults:
    run = replace(in_folder(RUN, folder), **changes)
    write_results(folder, run)
    return run


def refusal_of(folder: Path) -> str:
    with pytest.raises(ReconcileError) as failed:
        read_results(folder, "plan")
    (problem,) = failed.value.problems
    assert problem.code == "results-edited"
    return problem.detail


def test_results_are_read_back_as_they_were(tmp_path: Path) -> None:
    run = write(tmp_path)
    assert read_results(tmp_path, "plan") == (run,)
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert stat.S_IMODE((tmp_path / NAME).stat().st_mode) & 0o077 == 0


def test_a_folder_can_be_moved_with_its_plans(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    write(tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / "b")
    (run,) = read_results(tmp_path / "b", "plan")
    assert run == in_folder(RUN, tmp_path / "b")


@pytest.mark.parametrize(
    ("wave", "shard", "name"),
    [
        (None, None, "plan-results.json"),
        (2, None, "plan-results-wave-2.json"),
        (None, Shard(3, 12), "plan-results-3-of-12.json"),
        (2, Shard(3, 12), "plan-results-wave-2-3-of-12.json"),
    ],
)
def test_each_part_of_a_run_has_a_file_of_its_own(wave: int | None, shard: Shard | None, name: str) -> None:
    assert name_results("plan", wave, shard) == name


def test_parts_are_read_by_wave_and_number(tmp_path: Path) -> None:
    parts = [(2, Shard(10, 10)), (1, Shard(2, 10)), (1, Shard(10, 10)), (2, Shard(9, 10))]
    for wave, shard in parts:
        write(tmp_path, wave=wave, shard=shard)
    assert [(run.wave, run.shard) for run in read_results(tmp_path, "plan")] == sorted(parts)


@pytest.mark.parametrize(
    ("plan", "left"),
    [
        ((None, None), []),
        ((1, None), ["apply-results-wave-2-1-of-2.json"]),
        ((2, Shard(2, 2)), ["apply-results-wave-1.json", "apply-results-wave-2-1-of-2.json"]),
        ((2, Shard(1, 3)), ["apply-results-wave-1.json"]),
        ((None, Shard(2, 2)), ["apply-results-1-of-2.json"]),
        ((None, Shard(2, 3)), []),
    ],
)
def test_new_plans_outdate_the_plans_of_their_part_and_every_apply_of_its_accounts(
    plan: tuple[int | None, Shard | None], left: list[str], tmp_path: Path
) -> None:
    parts = ((None, None), (1, None), (2, Shard(1, 2)), (None, Shard(1, 2)), (None, Shard(2, 2)))
    for wave, shard in parts:
        write(tmp_path, command="apply", wave=wave, shard=shard)
        write(tmp_path, wave=wave, shard=shard)
    delete_outdated_results(tmp_path, RunOptions(wave=plan[0], shard=plan[1]))
    assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("apply")) == left
    assert not (tmp_path / name_results("plan", *plan)).exists()
    assert len(list(tmp_path.glob("plan-*"))) == len(parts) - (plan in parts)


def test_a_folder_is_one_of_results_only_if_a_whole_file_of_them_is_there(tmp_path: Path) -> None:
    for name in ("plan-results.yaml", "plan-results.json.part", "results.json", "prod.json"):
        (tmp_path / name).write_text("{}")
    assert not has_results(tmp_path, "plan")
    assert not has_results(tmp_path / "missing", "plan")
    assert not has_results(tmp_path / "prod.json", "plan")
    assert not has_results(Path("a\0b"), "plan")
    write(tmp_path)
    assert (has_results(tmp_path, "plan"), has_results(tmp_path, "apply")) == (True, False)


def test_a_folder_without_results_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, command="apply")
    for folder in (tmp_path, tmp_path / "missing", tmp_path / NAME):
        with pytest.raises(ReconcileError) as failed:
            read_results(folder, "plan")
        assert [problem.code for problem in failed.value.problems] == ["no-results"]


# Files that are not ours


def edit_file(folder: Path, edit: Callable[[Any], None], *, seal: bool = True) -> None:
    """Change the values of the file, and give it the right checksum, as anybody could."""
    path = folder / NAME
    document = json.loads(path.read_text())
    edit(document)
    if seal:
        content = {key: value for key, value in document.items() if key != "integrity"}
        document["integrity"] = compute_digest(content, allow_surrogates=True)
    path.write_text(json.dumps(document))


def test_an_edit_without_the_checksum_is_found(tmp_path: Path) -> None:
    write(tmp_path)
    edit_file(tmp_path, lambda document: document.update(role="admin"), seal=False)
    assert refusal_of(tmp_path) == "Its checksum is wrong."


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"a": NaN}', b'{"a": 1, "a": 2}', b"\xff", b"[" * 100_000])
def test_a_file_that_is_no_json_of_ours_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / NAME).write_bytes(content)
    refusal_of(tmp_path)


def test_a_copy_under_another_name_is_refused(tmp_path: Path) -> None:
    """It would count as another shard."""
    write(tmp_path)
    for name in ("plan-results.json", "plan-results-wave-1-2-of-4.json", "plan-results (1).json"):
        (tmp_path / name).write_bytes((tmp_path / NAME).read_bytes())
        assert refusal_of(tmp_path) == "Its name is not that of its part of the run."
        (tmp_path / name).unlink()


def values_of(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value."""
    if path:
        yield path
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        yield from values_of(inner, (*path, key))


HOSTILE: tuple[Any, ...] = (None, True, -1, 1.5, 10**30, "", "x\x1b[2J\n::error::", [], {}, [None], {"x": None})


def test_a_hostile_value_anywhere_is_read_as_it_is_or_refused(tmp_path: Path) -> None:
    document = results_to_dict(in_folder(RUN, tmp_path), tmp_path)
    document["accounts"] = [document["accounts"][index] for index in (3, 6)]  # one with a plan, one with problems
    document["selected"] = document["selected"][:1]
    refused = read = 0
    for path in list(values_of(document)):
        *above, last = path
        holder = document
        for key in above:
            holder = holder[key]
        for value in HOSTILE:
            own, holder[last] = holder[last], value
            try:
                read_run(document, tmp_path)
                read += 1
            except ValueError:  # MalformedPlan is one, and read_results takes all of them for an edited file
                refused += 1
            holder[last] = own
    assert refused > 4 * read > 0


@pytest.mark.parametrize(
    ("edit", "said"),
    [
        (lambda run: run["accounts"][0].update(name="../../etc/x"), "An account has a wrong name or id."),
        (lambda run: run["accounts"][0].update(account="１" * 12), "An account has a wrong name or id."),
        (lambda run: run["accounts"][0]["plan"].update(file="../prod.json"), "another name than its account"),
        (lambda run: run["accounts"][0]["plan"]["counts"].update(x=1), "counts names something that is not an action."),
        (lambda run: run["accounts"][0]["plan"].update(reversible=1), "reversible is neither true nor false."),
        (lambda run: run["accounts"][0].update(status="applied"), ""),
        (lambda run: run.update(shard="5/4"), ""),
        (lambda run: run.update(hops={}), "hops lacks an alias that `via` names."),
        (lambda run: run.update(results_version=2), "Its version is not 1."),
        (lambda run: run.update(more=1), "results has the unknown key 'more'."),
        (lambda run: run["accounts"][3]["plan"]["risk"].update(level="none"), "risk.level is not that of its reasons."),
        (lambda run: run["accounts"][6]["problems"]["sentences"].pop(), "does not fit findings"),
    ],
)
def test_a_value_that_no_run_writes_is_refused(edit: Callable[[Any], None], said: str, tmp_path: Path) -> None:
    write(tmp_path)
    edit_file(tmp_path, edit)
    assert said in refusal_of(tmp_path)
