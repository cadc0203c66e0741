"""Manage OIDC providers, whose tokens roles may trust. The name is the issuer without `https://`, as in the ARN.

A provider has at most 100 client ids and 5 thumbprints. IAM fetches a thumbprint if none is given. Thumbprints count
only for issuers whose certificate no CA known to AWS has signed.
Sources: IAM API Reference, CreateOpenIDConnectProvider and its neighbours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sized
from dataclasses import dataclass, field
from typing import Any, ClassVar

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity, Kind
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext, export_tags, is_protected, make_entry
from reconciler.kinds.facets import context_provider
from reconciler.kinds.facets.tags import TagFacet, to_tag_list
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.lost_writes import has_same_tags
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import ItemCall, RawAccount, ReadCall, tags_of
from reconciler.kinds.steps import (
    absence_of,
    make_create_step,
    make_step,
    plan_deletion,
    presence_of,
    removal_of,
    set_fields,
)
from reconciler.model.address import Address
from reconciler.model.arns import ArnForm, arn_of
from reconciler.model.document import Statement
from reconciler.model.effects import SetFields
from reconciler.model.entity import Entity, Tags
from reconciler.model.globs import compile_glob
from reconciler.model.node import Map, get_texts
from reconciler.model.plan import Call, Fact, Phase, Step
from reconciler.model.problem import Level, Place, Problem
from reconciler.model.quotas import CLIENT_IDS, Quota

MAX_THUMBPRINTS = 5
_LONGEST_URL, _LONGEST_CLIENT = 255, 255
_SCHEME = "https://"
_LONGEST_NAME = _LONGEST_URL - len(_SCHEME)
_ISSUER = re.compile(r"[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+(/[\x21-\x7e]*)?")
_BEHIND_PATH = re.compile(r"[?#]")
_THUMBPRINT = re.compile(r"[0-9a-fA-F]{40}")
_EXACT, _LIKE = ("StringEquals", "StringEqualsIfExists"), ("StringLike", "StringLikeIfExists")
_TAGS = TagFacet("OpenIDConnectProvider")
_ADD_CLIENT, _REMOVE_CLIENT = "AddClientIDToOpenIDConnectProvider", "RemoveClientIDFromOpenIDConnectProvider"


@dataclass(frozen=True, slots=True)
class OidcProvider(Entity):
    """An OIDC provider. thumbprints: in lower case; None: the live ones stay."""

    kind: ClassVar[str] = "oidc-provider"
    left_if_absent: ClassVar[frozenset[str]] = frozenset(["thumbprints"]) | context_provider.FIELDS

    client_ids: frozenset[str] = frozenset()
    thumbprints: frozenset[str] | None = None
    tags: Tags = field(default_factory=dict)
    context_provider: str | None = None
    identity_center_instance: str | None = None

    def revokes_access(self, after: Entity, statement: Statement) -> str:
        """Return a phrase if a client id that the trust accepts goes, or any thumbprint: a token may depend on it."""
        if not isinstance(after, OidcProvider):
            return ""
        removed = sorted(
            client for client in self.client_ids - after.client_ids if self.accepts_client(statement, client)
        )
        if removed:
            return f"the plan takes the client id {removed[0]!r} from {self.address}"
        if (self.thumbprints or frozenset()) - (after.thumbprints or frozenset()):
            return f"the plan takes a thumbprint from {self.address}"
        return ""

    def accepts_client(self, statement: Statement, client: str) -> bool:
        """Return False if a condition on the token's `aud` names only other client ids, exactly or by patterns."""
        for condition in statement.conditions:
            exact = condition.operator.endswith(_EXACT)
            if condition.key != f"{self.name}:aud".lower() or not (exact or condition.operator.endswith(_LIKE)):
                continue
            if not any(value == client if exact else compile_glob(value)(client) for value in condition.values):
                return False
        return True


class OidcProviderKind(Kind):
    name: ClassVar[str] = "oidc-provider"
    noun: ClassVar[str] = "OpenIDConnectProvider"
    entity: ClassVar[type[Entity]] = OidcProvider
    section: ClassVar[str | None] = "oidc_providers"
    arn_form: ClassVar[ArnForm] = ArnForm.NAME_ONLY
    quota: ClassVar[Quota | None] = Quota("", "OpenIdConnectProvidersPerAccount", 100, 700)
    list_call: ClassVar[ReadCall | None] = ReadCall(
        "ListOpenIDConnectProviders", ("OpenIDConnectProviderList",), paged=False
    )
    is_read_by_arn: ClassVar[bool] = True
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateOpenIDConnectProvider DeleteOpenIDConnectProvider AddClientIDToOpenIDConnectProvider "
        "RemoveClientIDFromOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint UpdateOpenIDConnectProvider "
        "TagOpenIDConnectProvider UntagOpenIDConnectProvider".split()
    )
    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall(
            "ListOpenIDConnectProviders",
            ("OpenIDConnectProviderList",),
            paged=False,
            item_call=ItemCall("GetOpenIDConnectProvider", "OpenIDConnectProviderArn", "Arn"),
            optional=True,
            lists_kind=True,
        ),
    )
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
        "OIDC provider",
        "An issuer whose tokens roles may trust. Its key is the issuer's URL without https://.",
        {
            "client_ids": parts.make_text_list(
                "Audiences (`aud`) whose tokens are accepted: the whole list.", [["sts.amazonaws.com"]]
            ),
            "thumbprints": parts.make_text_list(
                "SHA-1 thumbprints of the issuer's CA, 40 hex digits each. Absent: IAM fetches one at creation, and "
                "live ones are left as they are.",
                least=1,
            ),
            **context_provider.SCHEMA,
            "tags": parts.make_ref("tags"),
            "protect": parts.PROTECT,
            "ignore_changes": parts.IGNORE_CHANGES,
        },
    )

    def read(self, raw: RawAccount) -> Iterable[OidcProvider]:
        for item in raw.items_of("OpenIDConnectProviderList"):
            propagation = context_provider.read_propagation(item)
            yield OidcProvider(
                name=item["Arn"].partition(":oidc-provider/")[2],
                client_ids=frozenset(item.get("ClientIDList") or ()),
                thumbprints=frozenset(text.lower() for text in item.get("ThumbprintList") or ()),
                tags=tags_of(item.get("Tags")),
                context_provider=propagation.context_provider,
                identity_center_instance=propagation.identity_center_instance,
            )

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        arn = reader.find_arn(address)
        if arn is not None:
            answer = reader.call_operation("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
            yield "OpenIDConnectProviderList", {**answer, "Arn": arn}

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        if call.operation != "CreateOpenIDConnectProvider":
            return None
        request: Mapping[str, Any] = call.parameters
        address = Address(self.name, request["Url"].removeprefix(_SCHEME))
        arn = arn_of(address, "/", reader.account, reader.partition)
        live = reader.call_operation("GetOpenIDConnectProvider", OpenIDConnectProviderArn=arn)
        return (
            set(live.get("ClientIDList") or ()) == set(request.get("ClientIDList") or ())
            and has_same_tags(live, request)
            and context_provider.read_propagation(live) == context_provider.read_propagation(request)
        )

    def check_name(self, name: str, place: Place) -> Iterator[Problem]:
        """Check an issuer (IAM API, CreateOpenIDConnectProvider: https, path components, no port and no query)."""
        if _ISSUER.fullmatch(name) and not _BEHIND_PATH.search(name):
            if len(name) > _LONGEST_NAME:
                summary = f"The issuer has {len(_SCHEME + name)} characters with {_SCHEME}; IAM allows {_LONGEST_URL}."
                hint = f"Use an issuer whose host and path have at most {_LONGEST_NAME} characters together."
                yield Problem(Level.ERROR, "bad-name", summary, "", hint, place)
            host = name.partition("/")[0]
            if host != host.lower():
                summary = f"The host of {name!r} has capitals: AWS compares it exactly with the tokens' `iss`."
                hint = "Write it as the tokens' `iss` does. Nearly all issuers write hosts in lower case."
                yield Problem(Level.WARNING, "issuer-case", summary, "", hint, place)
            return
        host, slash, path = name.removeprefix(_SCHEME).partition("/")
        corrected = host.lower().partition(":")[0] + slash + _BEHIND_PATH.split(path)[0]
        is_correct = corrected != name and _ISSUER.fullmatch(corrected)
        hint = f"Write the host and path of the issuer's URL, at most {_LONGEST_NAME} characters together."
        if is_correct:
            hint = f"Write {corrected!r}."
        summary = f"{name!r} is not an issuer's URL without https://, port and query."
        yield Problem(Level.ERROR, "bad-name", summary, "", hint, place)

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterable[DeclaredEntity]:
        clients = frozenset(value for value, _ in get_texts(node, "client_ids"))
        for value, place in get_texts(node, "client_ids"):
            if len(value) > _LONGEST_CLIENT:
                summary = f"A client id of {name} has {len(value)} characters; IAM allows {_LONGEST_CLIENT}."
                context.add_problem("too-long", summary, place, "Write the client id that the issuer puts into `aud`.")
        if len(clients) > CLIENT_IDS.default:
            summary, hint = _describe_excess(name, clients, "client ids", CLIENT_IDS.default)
            context.add_problem("too-many-client-ids", summary, node.place_of("client_ids"), hint)
        thumbprints = self._read_thumbprints(name, node, context) if "thumbprints" in node else None
        propagation = context_provider.declare_propagation(node, context)
        entity = OidcProvider(
            name,
            clients,
            thumbprints,
            context.read_tags(node),
            propagation.context_provider,
            propagation.identity_center_instance,
        )
        yield DeclaredEntity(entity, context.read_declaration(node))

    def _read_thumbprints(self, name: str, node: Map, context: DeclareContext) -> frozenset[str]:
        for value, place in get_texts(node, "thumbprints"):
            if not _THUMBPRINT.fullmatch(value):
                hint = "It is the SHA-1 of a certificate in hex, without colons."
                context.add_problem("bad-thumbprint", f"{value!r} is not 40 hex digits.", place, hint)
        thumbprints = frozenset(value.lower() for value, _ in get_texts(node, "thumbprints"))
        if len(thumbprints) > MAX_THUMBPRINTS:
            summary, hint = _describe_excess(name, thumbprints, "thumbprints", MAX_THUMBPRINTS)
            context.add_problem("too-many-thumbprints", summary, node.place_of("thumbprints"), hint)
        return thumbprints

    def export(self, entity: OidcProvider, context: ExportContext) -> Entry | None:
        return make_entry(
            client_ids=sorted(entity.client_ids),
            thumbprints=sorted(entity.thumbprints or ()),
            **context_provider.export_propagation(entity),
            tags=export_tags(entity.tags),
            protect=is_protected(entity.tags),
        )

    def create(self, entity: OidcProvider, context: PlanContext) -> list[Step]:
        parameters: dict[str, object] = {"Url": f"{_SCHEME}{entity.name}", "ClientIDList": sorted(entity.client_ids)}
        if entity.thumbprints:
            parameters["ThumbprintList"] = sorted(entity.thumbprints)
        if entity.tags:
            parameters["Tags"] = to_tag_list(entity.tags)
        parameters |= context_provider.make_create_parameters(entity)
        return [make_create_step(entity, self.noun, parameters)]

    def update(self, before: OidcProvider, after: OidcProvider, context: PlanContext) -> list[Step]:
        address, target = before.address, self._target_of(before, context)
        steps = self._plan_clients(target, before, after)
        if before.thumbprints != after.thumbprints:
            old, new = before.thumbprints or frozenset(), after.thumbprints or frozenset()
            phase = Phase.WIDEN if new > old else Phase.NARROW if new < old else Phase.SWAP
            parameters = {**target, "ThumbprintList": sorted(new)}
            effect = set_fields(before, after, "UpdateOpenIDConnectProviderThumbprint", "thumbprints")
            steps.append(make_step(address, phase, effect, parameters, (presence_of(address),)))
        steps += context_provider.plan_changes("UpdateOpenIDConnectProvider", target, before, after)
        return [*steps, *_TAGS.plan_changes(address, target, before.tags, after.tags)]

    def _plan_clients(self, target: dict[str, object], before: OidcProvider, after: OidcProvider) -> list[Step]:
        """Return steps that first add new client ids, then remove old ones. If both do not fit, they remove first."""
        address, old, new = after.address, before.client_ids, after.client_ids
        has_no_room = len(old | new) > CLIENT_IDS.default
        phase = Phase.WIDEN if has_no_room else Phase.NARROW
        room: tuple[Fact, ...] = ()
        steps = []
        for client in sorted(old - new):
            removal_fact = removal_of(address, f"client/{client}")
            room += (removal_fact,) if has_no_room else ()
            fields = {"client_ids": old}, {"client_ids": old - {client}}
            effect = SetFields(address, _REMOVE_CLIENT, (_ADD_CLIENT,), *fields, True, client)
            forced_by = CLIENT_IDS if has_no_room else None
            steps.append(
                make_step(address, phase, effect, {**target, "ClientID": client}, (), (removal_fact,), forced_by)
            )
        for client in sorted(new - old):
            fields = {"client_ids": old}, {"client_ids": old | {client}}
            effect = SetFields(address, _ADD_CLIENT, (_REMOVE_CLIENT,), *fields, item=client)
            needs = (presence_of(address), *room)
            steps.append(make_step(address, Phase.WIDEN, effect, {**target, "ClientID": client}, needs))
        return steps

    def delete(self, entity: OidcProvider, context: PlanContext) -> list[Step]:
        """Return the step that deletes it. Roles that trust it and are deleted too go first, so no trust dangles."""
        address = entity.address
        roles = context.trusting_roles.get(address, ())
        needs = tuple(absence_of(role) for role in roles if role in context.deletions)
        return plan_deletion(entity, self.noun, [], self._target_of(entity, context), needs)

    def _target_of(self, entity: OidcProvider, context: PlanContext) -> dict[str, object]:
        return {"OpenIDConnectProviderArn": context.arn_of(entity.address)}


def _describe_excess(name: str, items: Sized, noun: str, most: int) -> tuple[str, str]:
    """Return the sentence and the hint for a list with more items than IAM allows."""
    return f"{name} has {len(items)} {noun}; IAM allows {most}.", f"Remove {len(items) - most}."
