"""Write a plan file (`plan --out`), and read one that nobody has edited since. Asks AWS nothing."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from reconciler.desired.own_files import describe_results, holds_results, is_plan, is_results
from reconciler.desired.source_files import YAML_ENDINGS
from reconciler.files.bounded_reads import LARGEST_RECORD, read_regular, reason_of
from reconciler.files.whole_files import write_whole
from reconciler.model.plan import Plan
from reconciler.model.problem import ReconcileError, make_error
from reconciler.plan.saved.fingerprint import compute_digest
from reconciler.plan.saved.saved_plan import SavedPlan, read_saved_plan, to_saved_section
from reconciler.plan.saved.strict_json import MalformedPlan, parse_strict_json
from reconciler.render.json_text import dump_json
from reconciler.render.plan_json import FORMAT_VERSION, plan_to_dict

_DERIVED_SECTIONS = ("summary", "changes")
"""The sections that an apply computes again. They must be equal as JSON, so that `true` is not 1."""


def document_of(plan: Plan) -> dict[str, Any]:
    """Return the content of a plan file, without its checksum."""
    return plan_to_dict(plan) | {"saved": to_saved_section(plan)}


def save_plan(plan: Plan, path: Path) -> None:
    """Write a plan file as a whole. Raises ReconcileError if it cannot be written."""
    write_plan_document(document_of(plan), path)


def write_plan_document(document: Mapping[str, Any], path: Path) -> None:
    """Do the same with the result of `document_of`."""
    document = {**document, "integrity": compute_digest(document, allow_surrogates=True)}
    content = dump_json(document, indent=2).encode(errors="backslashreplace")  # JSON may hold a lone surrogate
    try:
        write_whole(path, content, os.environ)
    except OSError as error:
        summary = f"Cannot write the plan to {path}: {error.strerror or error}."
        raise make_error("cannot-write", summary, hint="Name another place with --out.") from None


def read_plan_document(path: Path) -> Mapping[str, Any] | None:
    """Return the content of a plan file; None for another file. Raises ReconcileError if the plan file was edited."""
    content = b""
    flaws: list[str] = []
    try:
        content = read_regular(path, LARGEST_RECORD)
        document = parse_strict_json(content, flaws) if content.lstrip().startswith(b"{") else None
    except OSError:  # reported when it is read as a desired-state file
        return None
    except (ValueError, RecursionError):
        if is_plan(content):
            raise make_edited_error(path) from None
        return None
    if not isinstance(document, dict) or "format_version" not in document:
        return None
    if flaws:
        raise make_edited_error(path, flaws[0])
    return document


def format_plan_command(files: Sequence[str], out: str = "plan.json") -> str:
    """Return the command that saves a plan of desired-state files; of the default one if none is named."""
    return shlex.join(["reconcile", "plan", *files, "--out", out])


def make_not_plan_error(path: Path) -> ReconcileError:
    """Return the error that `read_plan_document` found no plan file: why, and what to do."""
    source: Sequence[str] = ()
    hint = ""
    try:
        if path.is_dir():
            summary = f"{path} is a folder, not a saved plan."
            if any(item.suffix in YAML_ENDINGS for item in path.iterdir()):
                source = (str(path),)
            if holds_results(path):
                hint = f"{describe_results(path)} One plan: `reconcile show {path / 'NAME.json'}`."
        elif is_results(read_regular(path, LARGEST_RECORD)):
            summary, hint = f"{path} is the results of many accounts, not a saved plan.", describe_results(path.parent)
        else:
            summary = f"{path} is not a saved plan."
            source = (str(path),) if path.suffix in YAML_ENDINGS else ()
    except FileNotFoundError:
        summary = f"{path} does not exist."
    except OSError as error:
        summary = f"Cannot read {path}: {reason_of(error)}."
    return make_error("not-a-plan", summary, hint=hint or f"Write one with `{format_plan_command(source)}`.")


def read_intact_plan(path: Path, document: Mapping[str, Any]) -> SavedPlan:
    """Read the content of a plan file. Raises ReconcileError for a wrong checksum, version or value."""
    if document.get("format_version") != FORMAT_VERSION:
        raise make_error(
            "plan-version",
            f"{path} has format_version {document.get('format_version')!r}, and this version reads {FORMAT_VERSION}.",
            hint="Run `reconcile plan` again with this version.",
        )
    content = {key: value for key, value in document.items() if key != "integrity"}
    if "saved" not in document:
        summary = f"{path} is the printed form of a plan, which can be neither checked nor applied."
        raise make_error("plan-not-saved", summary, hint=f"Write it with `{format_plan_command((), str(path))}`.")
    try:
        if document.get("integrity") != compute_digest(content, allow_surrogates=True):
            raise make_edited_error(path)
        return read_saved_plan(document)
    except MalformedPlan as error:
        raise make_edited_error(path, str(error)) from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise make_edited_error(path) from None


def make_edited_error(path: Path, detail: str = "") -> ReconcileError:
    summary = f"The plan {path} was edited or damaged after it was saved. reconcile does not use it."
    return make_error("plan-edited", summary, detail, "Run `reconcile plan` again.")


def has_same_changes(document: Mapping[str, Any], plan: Plan) -> bool:
    """Return whether a plan file has exactly the changes, calls and totals of a plan, in the same order."""
    return have_same_changes(document, _recompute_sections(plan))


def have_same_changes(document: Mapping[str, Any], other: Mapping[str, Any], *, in_order: bool = True) -> bool:
    """Return whether two plan files have exactly the same changes, calls and totals. in_order: and their order."""
    both = [{key: side[key] for key in _DERIVED_SECTIONS} for side in (document, other)]
    if not in_order:
        both = [side | {"changes": list(map(_drop_order, side["changes"]))} for side in both]
    return compute_digest(both[0]) == compute_digest(both[1])


def _drop_order(change: Mapping[str, Any]) -> dict[str, Any]:
    calls = ({key: value for key, value in call.items() if key != "seq"} for call in change["calls"])
    return {**change, "calls": sorted(calls, key=compute_digest)}


def _recompute_sections(plan: Plan) -> dict[str, Any]:
    """Return the changes and totals of a plan as they would be read from a file."""
    document = plan_to_dict(plan)
    sections: dict[str, Any] = json.loads(json.dumps({key: document[key] for key in _DERIVED_SECTIONS}))
    return sections
