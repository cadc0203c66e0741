"""The use case `make_member_template`: print a CloudFormation template of the roles that enter an account.

The template is `starters/member_role.yaml`; what the section `organization` of a file says is filled in. AWS is asked
nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path

from reconciler.app.organization.files import find_organization
from reconciler.app.starter import read_starter
from reconciler.desired.source_files import DEFAULT_FILE
from reconciler.model.member_account import Organization
from reconciler.model.problem import make_error

DEFAULT_ROLE = "reconciler"
_SOURCE = "member_role.yaml"
_PLAN_SUFFIX = "-plan"
_MAX_NAME = 64
_MIN_SESSION = 3600
"""The shortest MaxSessionDuration that a role can have, in seconds."""


@dataclass(frozen=True)
class MemberRole:
    """The role in each account that `organization.role` names, as the template needs it.

    path: with a slash at both ends. external_id: None if the file names none; whoever deploys the template then must.
    actions: those that the trust allows the pipeline. max_session: in seconds.
    """

    path: str
    name: str
    external_id: str | None = None
    actions: tuple[str, ...] = ("sts:AssumeRole",)
    max_session: int = _MIN_SESSION

    @property
    def plan_name(self) -> str:
        return self.name[: _MAX_NAME - len(_PLAN_SUFFIX)] + _PLAN_SUFFIX


def make_member_template(source: Path, role: str | None) -> str:
    """Return the template. Raises ReconcileError if a file is not valid.

    source: a file with `organization`, or a folder whose roles.yaml may have it. role: path and name of the role; None
    for that of the file.
    """
    organization = _find_organization(source)
    chosen = role or (organization.role if organization else None) or DEFAULT_ROLE
    path, _, name = chosen.strip("/").rpartition("/")
    member = MemberRole(f"/{path}/" if path else "/", name)
    if organization is not None:
        session = organization.session
        tagging = ["sts:TagSession"] if session.session_tags else []
        naming = ["sts:SetSourceIdentity"] if session.source_identity else []
        member = replace(
            member,
            external_id=session.external_id,
            actions=(*member.actions, *tagging, *naming),
            max_session=max(_MIN_SESSION, session.duration or 0),
        )
    return _fill(member)


def _find_organization(source: Path) -> Organization | None:
    file = source / DEFAULT_FILE if source.is_dir() else source
    if source.is_dir() and not file.is_file():
        return None
    files = find_organization([str(file)], {})
    if files is None and file == source:
        raise make_error("no-organization", f"{file} has no `organization:`.", "", "Name the file that has it.")
    return files.organization if files else None


def _fill(role: MemberRole) -> str:
    """Return the template with its values. JSON strings are YAML, too, whatever they hold."""
    values = {
        "ROLE_NAME": json.dumps(role.name),
        "PLAN_NAME": json.dumps(role.plan_name),
        "ROLE_PATH": json.dumps(role.path),
        "EXTERNAL_ID": json.dumps(role.external_id),
        "MAX_SESSION": str(role.max_session),
        "ENTRY_ACTIONS": json.dumps(role.actions if len(role.actions) > 1 else role.actions[0]),
    }
    lines = read_starter(_SOURCE).splitlines()
    if role.external_id is None:
        lines = [line for line in lines if not line.endswith(" EXTERNAL_ID")]
    return "\n".join(_fill_line(line, values) for line in lines)


def _fill_line(line: str, values: dict[str, str]) -> str:
    """Return the line with its value, which is the last word of the line if it has one."""
    start, _, mark = line.rpartition(" ")
    return f"{start} {values[mark]}" if mark in values else line
