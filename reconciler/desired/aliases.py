"""`aliases:` → Alias values: schema fragment, references, limits of STS, and chains without a cycle.

Limits are those of the STS API (AssumeRole): facts that the file shows are refused here, not at run time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from reconciler.access.trust_entrances import list_external_ids
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
from reconciler.model.problem import Level
from reconciler.model.sts_limits import EXTERNAL_ID, MAX_CHAINED_DURATION, MAX_DURATION, MIN_DURATION, SESSION_NAME
from reconciler.model.suggest import suggest_word
from reconciler.policy.grammar import PolicyType
from reconciler.policy.placeholders import explain_text

_ROLE_ARN = re.compile(rf"arn:{ARN_PARTITION}:iam::\d{{12}}:role/[\x21-\x7e]+")
_ALIAS = re.compile(r"[\w+=,.@/:][\w+=,.@/:-]*", re.ASCII)
_SERIAL = re.compile(r"[\w+=/:,.@-]{9,256}", re.ASCII)

SCHEMA: Mapping[str, Any] = parts.make_entry_schema(
    "Role alias",
    "A role that people assume with `reconcile assume ALIAS`.",
    {
        "role": {"type": "string", "minLength": 1, "description": "A role of this file, or an ARN."},
        "source_profile": {"type": "string", "minLength": 1, "description": "AWS profile to assume from."},
        "via": {
            "type": "string",
            "description": "Another alias to assume first (role chaining; at most 1h).",
        },
        "region": {
            "type": "string",
            "pattern": "^[a-z]{2,}(-[a-z0-9]+)+$",
            "description": "AWS_REGION of the session.",
            "examples": ["eu-central-1"],
        },
        "duration": {**parts.make_ref("duration"), "description": "15m to 12h, at most the role's own maximum."},
        "session_name": {"type": "string", "description": "Default: the caller's user or session name."},
        "external_id": {"type": "string", "description": "sts:ExternalId to send."},
        "mfa_serial": {"type": "string", "description": "Default: found from the caller."},
        "mfa": {
            "type": "boolean",
            "description": "Default: known from this file's trusts and policies.",
        },
        "source_identity": {"type": "string", "description": "Source identity to set."},
        "session_tags": parts.make_ref("tags"),
        "transitive_tags": parts.make_text_list("Keys of session_tags that later roles of a chain inherit."),
        "policy": {
            **parts.make_ref("document"),
            "description": "Session policy: narrows the role for the session.",
        },
        "policy_arns": parts.make_text_list("Managed policies that narrow the session; at most 10.") | {"maxItems": 10},
    },
    ["role"],
)


@dataclass
class AliasReader:
    """`nodes`: what can be read of each alias. `entities`: the declared ones, for a role's own session limit.

    partial: a file with aliases of its own could not be read.
    """

    context: DeclareContext
    section: Map
    nodes: Mapping[str, Map]
    entities: Mapping[Address, Entity]
    partial: bool = False

    def read_alias(self, name: str) -> Alias | None:
        node = self.nodes[name]
        role, arn = self._read_role(node)
        if not _ALIAS.fullmatch(name):
            place = self.section.place_of(name, of_key=True)
            hint = "Use letters, digits and + = , . @ / : _ -, and no - at the beginning."
            self.context.add_problem("bad-name", f"{name!r} cannot be an alias.", place, hint)
        self._check_texts(node)
        partition = partition_of_arn(arn) if arn and role is None else None
        policy = self.context.document_reader.read(node, "policy", PolicyType.SESSION, partition)
        via_exists = self._check_via(node)
        duration, tags, transitive = (
            self._read_duration(node, role),
            self._read_session_tags(node),
            self._read_transitive_tags(node),
        )
        policy_arns = tuple(sorted(self.context.resolve_policies(node, "policy_arns", partition)))
        if arn is None or not via_exists:
            return None
        return Alias(
            name=name,
            role_arn=arn,
            role=role,
            place=self.section.place_of(name, of_key=True),
            source_profile=get_text(node, "source_profile"),
            via=get_text(node, "via"),
            region=get_text(node, "region"),
            duration=duration,
            session_name=get_text(node, "session_name"),
            external_id=get_text(node, "external_id"),
            mfa_serial=get_text(node, "mfa_serial"),
            mfa=cast("bool | None", node.get("mfa")),
            source_identity=get_text(node, "source_identity"),
            session_tags=tags,
            transitive_tags=transitive,
            policy=policy.text if policy else None,
            policy_arns=policy_arns,
        )

    def _read_role(self, node: Map) -> tuple[Address | None, str | None]:
        written, place = get_text(node, "role"), node.place_of("role")
        if written is None:  # which the schema has reported
            return None, None
        if written.startswith("arn:"):
            if not _ROLE_ARN.fullmatch(written):
                self.context.add_problem(
                    "bad-arn", f"{written!r} is not the ARN of a role.", place, explain_text(written)
                )
                return None, None
            return None, written
        address = self.context.resolve_name("role", written, place)
        return address, self.context.arn_of(address) if address else None

    def _check_via(self, node: Map) -> bool:
        via = get_text(node, "via")
        if via is None or self.section.has(via):
            return True
        if self.partial:
            return False
        close = suggest_word(via, self.section)
        hint = f"Did you mean {close!r}?" if close else "Name another alias of this file."
        self.context.add_problem("unknown-reference", f"No alias {via!r} in this file.", node.place_of("via"), hint)
        return False

    def _read_duration(self, node: Map, role: Address | None) -> int | None:
        if "duration" not in node:
            return None
        length, place = parse_duration(node["duration"]), node.place_of("duration")
        declared = self.entities.get(role) if role else None
        if length is None or not MIN_DURATION <= length <= MAX_DURATION:
            summary = f"duration {node['duration']!r} is not between 15m and 12h."
            self.context.add_problem("bad-duration", summary, place)
        elif "via" in node and length > MAX_CHAINED_DURATION:
            hint = "Write at most 1h, or assume the role directly."
            summary = f"duration {node['duration']!r} with `via`: AWS ends chained sessions after 1h."
            self.context.add_problem("bad-duration", summary, place, hint)
        elif isinstance(declared, Role) and length > declared.max_session_duration:
            longest = format_duration(declared.max_session_duration)
            hint = f"Raise max_session_duration of {role}, or ask for less."
            summary = f"duration {node['duration']!r} is longer than the role's {longest}."
            self.context.add_problem("bad-duration", summary, place, hint)
        return length

    def _check_texts(self, node: Map) -> None:
        for key, grammar in (
            ("session_name", SESSION_NAME),
            ("source_identity", SESSION_NAME),
            ("external_id", EXTERNAL_ID),
            ("mfa_serial", _SERIAL),
        ):
            value = get_text(node, key)
            if value is not None and not grammar.fullmatch(value):
                summary = f"STS does not take {key} {value!r}."
                self.context.add_problem("bad-alias", summary, node.place_of(key))

    def _read_session_tags(self, node: Map) -> dict[str, str]:
        """The tags of the session. They are no tags of an entity, so that ours may be among them (STS API, Tag)."""
        tags = node.get_map("session_tags")
        self.context.problems.extend(limits.check_tag_case(tags, "STS"))
        for key in tags:
            if is_of_aws(key):
                place = tags.place_of(key, of_key=True)
                self.context.add_problem("reserved-tag", f"The tag key {key!r} is AWS's own.", place, "Rename it.")
        return {key: str(value) for key, value in tags.items()}

    def _read_transitive_tags(self, node: Map) -> tuple[str, ...]:
        tags = node.get_map("session_tags")
        for value, place in get_texts(node, "transitive_tags"):
            if not tags.has(value) and "session_tags" not in node.unread:
                self.context.add_problem("unknown-reference", f"{value!r} is no key of session_tags.", place)
        return tuple(value for value, _ in get_texts(node, "transitive_tags"))


def check_external_ids(
    aliases: Mapping[str, Alias], nodes: Mapping[str, Map], entities: Mapping[Address, Entity], context: DeclareContext
) -> None:
    """Aliases that no statement of their role's trust in the file lets in, for the external id that they send.

    Warnings: what is live may differ. Silent where any way in asks for none, or for one that is not plain text.
    """
    for alias in aliases.values():
        address = alias.role or address_of(alias.role_arn, context.account)
        role = entities.get(address) if address else None
        if not isinstance(role, Role):
            continue
        ways = list_external_ids(role.trust_policy)
        if not ways or any(wanted is None or alias.external_id in wanted for wanted in ways):
            continue
        taken = sorted(value for wanted in ways for value in wanted or ())
        node = nodes[alias.name]
        if "external_id" in node.unread:
            continue
        place = node.place_of("external_id") if alias.external_id else alias.place
        sent, other = "no external id", "one"
        if alias.external_id:
            sent, other = f"the external id {alias.external_id!r}", "another one"
        summary = f"The alias {alias.name} sends {sent}, and every way into {role.address} demands {other}."
        hint = f"Write `external_id: {taken[0]}`." if taken else "Change the trust of the role."
        context.add_problem("alias-external-id", summary, place, hint, "AWS will refuse it.", Level.WARNING)


def documents_of(root: Map) -> list[Path]:
    """The files that the aliases' session policies and their roles' trust policies are in."""
    found = []
    for name in root.get_map("aliases"):
        alias = root.get_map("aliases").get_map(name)
        role = root.get_map("roles").get_map(str(alias.get("role", "")))
        for node, key in ((alias, "policy"), (role, "trust_policy")):
            written = node.get(key)
            target = resolve_path(written, node.place_of(key)) if isinstance(written, str) else None
            if isinstance(target, Path):
                found.append(target)
    return found


def check_cycles(aliases: Mapping[str, Alias], section: Map, context: DeclareContext) -> None:
    """A chain of `via` that comes back to where it began, reported once per cycle."""
    done: set[str] = set()
    for start in aliases:
        chain: list[str] = []
        name: str | None = start
        while name is not None and name in aliases and name not in done and name not in chain:
            chain.append(name)
            name = aliases[name].via
        if name is not None and name in chain:
            cycle = " → ".join([*chain[chain.index(name) :], name])
            place = find_place(section, (name, "via"))
            context.add_problem("alias-cycle", f"`via` goes round in a circle: {cycle}.", place, "Break it.")
        done.update(chain)
