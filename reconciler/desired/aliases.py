"""Read the `aliases` section: its schema, references to roles and policies, limits of STS, and cycles of `via`.

The limits are those of the STS API (AssumeRole), so that a mistake is reported here and not when the role is assumed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from reconciler.desired.source_files import resolve_path
from reconciler.kinds import limits
from reconciler.kinds import schema_parts as parts
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.facets.tags import is_of_aws
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.desired import Alias
from reconciler.model.durations import format_duration, parse_duration
from reconciler.model.entity import Entity, Role
from reconciler.model.node import Map, find_place, get_text, get_texts
from reconciler.model.partitions import ARN_PARTITION, partition_of_arn
from reconciler.model.problem import Level, Place
from reconciler.model.sts_limits import MAX_CHAINED_DURATION, MAX_DURATION, MIN_DURATION
from reconciler.model.suggest import suggest_word
from reconciler.model.text_forms import ALIAS_NAME, EXTERNAL_ID, MFA_SERIAL, REGION, SESSION_NAME
from reconciler.policy.grammar import PolicyType
from reconciler.policy.placeholders import explain_text
from reconciler.policy.trust import mentions_external_id

ROLE_ARN = re.compile(rf"arn:{ARN_PARTITION}:iam::\d{{12}}:role/[\x21-\x7e]+")

SCHEMA: Mapping[str, Any] = parts.make_entry_schema(
    "Role alias",
    "A role that people assume with `reconcile assume ALIAS`.",
    {
        "role": {"type": "string", "minLength": 1, "description": "A role of this file, or an ARN."},
        "source_profile": {
            "type": "string",
            "minLength": 1,
            "description": "AWS profile whose credentials assume the role.",
        },
        "via": {
            "type": "string",
            "description": "Another alias to assume first (role chaining; the session then lasts at most 1h).",
        },
        "region": {
            "type": "string",
            "pattern": REGION.schema_pattern,
            "description": "Region of the session (AWS_REGION).",
            "examples": ["eu-central-1"],
        },
        "duration": {
            **parts.make_ref("duration"),
            "description": "15m to 12h, at most the role's max_session_duration.",
        },
        "session_name": {
            "type": "string",
            "description": "Name of the session. Default: the caller's user or session name.",
        },
        "external_id": {"type": "string", "description": "External id to send (sts:ExternalId)."},
        "mfa_serial": {
            "type": "string",
            "description": "Serial number or ARN of the MFA device. Default: the caller's own device.",
        },
        "mfa": {
            "type": "boolean",
            "description": "true: always ask for an MFA code; false: never. Default: as this file's trust policies and "
            "policies require.",
        },
        "source_identity": {"type": "string", "description": "Source identity of the session."},
        "session_tags": parts.make_ref("tags"),
        "transitive_tags": parts.make_text_list("Keys of session_tags that later roles of a chain inherit."),
        "policy": {
            **parts.make_ref("document"),
            "description": "Session policy: limits the permissions of the session.",
        },
        "policy_arns": parts.make_text_list("Managed policies that limit the permissions of the session; at most 10.")
        | {"maxItems": 10},
    },
    ["role"],
)


@dataclass
class AliasReader:
    """Read the aliases of a file one by one.

    nodes: the readable part of each alias, by name. entities: the declared entities, for a role's session limit.
    is_partial: a file that may hold further aliases could not be read.
    """

    context: DeclareContext
    section: Map
    nodes: Mapping[str, Map]
    entities: Mapping[Address, Entity]
    is_partial: bool = False

    def read_alias(self, name: str) -> Alias:
        """Return an alias, and add problems. Its `role_arn` is empty if its role cannot be resolved."""
        node = self.nodes[name]
        role, arn = self._read_role(node)
        if not ALIAS_NAME.accepts(name):
            place = self.section.place_of(name, of_key=True)
            summary = f"{name!r} cannot be the name of an alias."
            self.context.add_problem("bad-name", summary, place, ALIAS_NAME.hint)
        partition = partition_of_arn(arn) if arn and role is None else None
        policy = self.context.document_reader.read(node, "policy", PolicyType.SESSION, partition)
        self._check_via(node)
        policy_arns = tuple(sorted(self.context.resolve_policies(node, "policy_arns", partition)))
        session = self.read_session(name, node, arn or "", self.section.place_of(name, of_key=True), role)
        return replace(session, policy=policy.text if policy else None, policy_arns=policy_arns)

    def read_session(self, name: str, node: Map, arn: str, place: Place, role: Address | None = None) -> Alias:
        """Return an alias of a role's ARN, without the policies that limit its session. Add problems."""
        self._check_texts(node)
        return Alias(
            name=name,
            role_arn=arn,
            role=role,
            place=place,
            source_profile=get_text(node, "source_profile"),
            via=get_text(node, "via"),
            region=get_text(node, "region"),
            duration=self._read_duration(node, role),
            session_name=get_text(node, "session_name"),
            external_id=get_text(node, "external_id"),
            mfa_serial=get_text(node, "mfa_serial"),
            mfa=cast("bool | None", node.get("mfa")),
            source_identity=get_text(node, "source_identity"),
            session_tags=self._read_session_tags(node),
            transitive_tags=self._read_transitive_tags(node),
        )

    def _read_role(self, node: Map) -> tuple[Address | None, str | None]:
        written, place = get_text(node, "role"), node.place_of("role")
        if written is None:  # the schema has reported that
            return None, None
        if written.startswith("arn:"):
            if not ROLE_ARN.fullmatch(written):
                self.context.add_problem(
                    "bad-arn", f"{written!r} is not the ARN of a role.", place, explain_text(written)
                )
                return None, None
            return None, written
        address = self.context.resolve_name("role", written, place)
        return address, self.context.arn_of(address) if address else None

    def _check_via(self, node: Map) -> None:
        via = get_text(node, "via")
        if via is None or self.section.has(via) or self.is_partial:
            return
        close = suggest_word(via, self.section)
        hint = f"Did you mean {close!r}?" if close else "Write the name of an alias in this file."
        summary = f"There is no alias {via!r} in this file."
        self.context.add_problem("unknown-reference", summary, node.place_of("via"), hint)

    def _read_duration(self, node: Map, role: Address | None) -> int | None:
        if "duration" not in node:
            return None
        length, place = parse_duration(node["duration"]), node.place_of("duration")
        declared = self.entities.get(role) if role else None
        if length is None or not MIN_DURATION <= length <= MAX_DURATION:
            summary = f"duration {node['duration']!r} is not between 15m and 12h."
            self.context.add_problem("bad-duration", summary, place)
        elif "via" in node and length > MAX_CHAINED_DURATION:
            hint = "Write at most 1h, or remove `via`."
            summary = f"duration {node['duration']!r} is too long with `via`: AWS limits chained sessions to 1h."
            self.context.add_problem("bad-duration", summary, place, hint)
        elif isinstance(declared, Role) and length > declared.max_session_duration:
            longest = format_duration(declared.max_session_duration)
            hint = f"Write at most {longest}, or raise max_session_duration of {role}."
            summary = f"duration {node['duration']!r} is longer than the {longest} that {role} allows."
            self.context.add_problem("bad-duration", summary, place, hint)
        return length

    def _check_texts(self, node: Map) -> None:
        for key, form in (
            ("session_name", SESSION_NAME),
            ("source_identity", SESSION_NAME),
            ("external_id", EXTERNAL_ID),
            ("mfa_serial", MFA_SERIAL),
        ):
            value = get_text(node, key)
            if value is not None and not form.accepts(value):
                summary = f"STS does not accept {key} {value!r}."
                self.context.add_problem("bad-alias", summary, node.place_of(key), form.hint)

    def _read_session_tags(self, node: Map) -> dict[str, str]:
        """Return the session tags. Keys of reconcile are allowed: these are not tags of an entity (STS API, Tag)."""
        tags = node.get_map("session_tags")
        self.context.problems.extend(limits.check_tag_case(tags, "STS"))
        self.context.problems.extend(limits.check_tag_texts(tags, "STS"))
        for key in tags:
            if is_of_aws(key):
                place = tags.place_of(key, of_key=True)
                self.context.add_problem(
                    "reserved-tag", f"The tag key {key!r} is reserved for AWS.", place, "Rename it."
                )
        return {key: str(value) for key, value in tags.items()}

    def _read_transitive_tags(self, node: Map) -> tuple[str, ...]:
        tags = node.get_map("session_tags")
        for value, place in get_texts(node, "transitive_tags"):
            if not tags.has(value) and "session_tags" not in node.unread:
                hint = "Add it to session_tags, or remove it here."
                self.context.add_problem("unknown-reference", f"{value!r} is not a key of session_tags.", place, hint)
        return tuple(value for value, _ in get_texts(node, "transitive_tags"))


def check_external_ids(
    aliases: Mapping[str, Alias], nodes: Mapping[str, Map], entities: Mapping[Address, Entity], context: DeclareContext
) -> None:
    """Warn of each alias whose external id matches no statement of its role's trust policy in the file.

    A warning, not an error: the live trust policy may differ. Say nothing if a statement requires no external id, or
    one with a policy variable.
    """
    for alias in aliases.values():
        address = alias.role or address_of(alias.role_arn, context.account)
        role = entities.get(address) if address else None
        if not isinstance(role, Role) or not mentions_external_id(role.trust_policy):
            continue
        # Late, because few files demand an external id, and the import of the evaluator takes longer than their check.
        from reconciler.access.trust_entrances import list_external_ids

        accepted_ids = list_external_ids(role.trust_policy)
        if not accepted_ids or any(accepted is None or alias.external_id in accepted for accepted in accepted_ids):
            continue
        all_accepted = sorted(value for accepted in accepted_ids for value in accepted or ())
        node = nodes[alias.name]
        if "external_id" in node.unread:
            continue
        place = node.place_of("external_id") if alias.external_id else alias.place
        sent_text, required = "no external id", "one"
        if alias.external_id:
            sent_text, required = f"the external id {alias.external_id!r}", "another one"
        summary = f"The alias {alias.name} sends {sent_text}, but the trust of {role.address} requires {required}."
        hint = f"Write `external_id: {all_accepted[0]}`." if all_accepted else "Change the trust of the role."
        context.add_problem("alias-external-id", summary, place, hint, "AWS will refuse the alias.", Level.WARNING)


def documents_of(root: Map) -> list[Path]:
    """Return the document files that hold the aliases' session policies and their roles' trust policies."""
    paths = []
    for name in root.get_map("aliases"):
        alias = root.get_map("aliases").get_map(name)
        role = root.get_map("roles").get_map(str(alias.get("role", "")))
        for node, key in ((alias, "policy"), (role, "trust_policy")):
            written = node.get(key)
            target = resolve_path(written, node.place_of(key)) if isinstance(written, str) else None
            if isinstance(target, Path):
                paths.append(target)
    return paths


def check_cycles(aliases: Mapping[str, Alias], section: Map, context: DeclareContext) -> None:
    """Report each cycle of `via` once."""
    checked: set[str] = set()
    for start in aliases:
        chain: list[str] = []
        name: str | None = start
        while name is not None and name in aliases and name not in checked and name not in chain:
            chain.append(name)
            name = aliases[name].via
        if name is not None and name in chain:
            cycle = " → ".join([*chain[chain.index(name) :], name])
            place = find_place(section, (name, "via"))
            hint = "Remove one of these `via`."
            context.add_problem("alias-cycle", f"`via` forms a cycle: {cycle}.", place, hint)
        checked.update(chain)
