"""Answer GetResources of the Resource Groups Tagging API for resources of IAM, whose tags the emulator does not have.

A request that also asks for resources of other services goes to the emulator.
Sources: Resource Groups Tagging API Reference, GetResources (1 to 100 resources a page, 50 by default; every filter
must match, by one of its values if it has any; PaginationToken) and "Services that support the Resource Groups Tagging
API" (not users, groups and roles; IAM is only in the home region of a partition); "Common Errors".
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from reconciler.model.partitions import DEFAULT_PARTITION, home_region_of, partition_of_region
from reconciler.model.quotas import TAG_PAGE_SIZE
from reconciler.sandbox.query_protocol import AwsError, HttpRequest, Reply
from reconciler.sandbox.strict.keyring import Keyring
from reconciler.sandbox.strict.ledger import CERTIFICATE, MFA, OIDC, POLICY, PROFILE, SAML, IamEntity, Ledger, Tags
from reconciler.sandbox.strict.tags import as_content

TARGET = "ResourceGroupsTaggingAPI_20170126.GetResources"
DEFAULT_PAGE_SIZE = 50
LISTED_KINDS = (PROFILE, MFA, OIDC, POLICY, SAML, CERTIFICATE)
ERROR_CODES = {"InvalidClientTokenId": "UnrecognizedClientException", "ExpiredToken": "ExpiredTokenException"}
"""The codes of the query protocol, and those of JSON protocols for the same error."""


def asks_for_iam_tags(request: HttpRequest) -> bool:
    """Return whether a request is GetResources for resource types of IAM only."""
    if request.header("x-amz-target") != TARGET:
        return False
    types = _read_parameters(request).get("ResourceTypeFilters")
    return isinstance(types, list) and bool(types) and all(_is_iam_type(one) for one in types)


def _is_iam_type(resource_type: object) -> bool:
    return isinstance(resource_type, str) and resource_type.partition(":")[0] == "iam"


def get_tagged_resources(request: HttpRequest, keyring: Keyring, ledgers: Mapping[str, Ledger]) -> Reply:
    """Return a page of the tagged resources in the caller's account. ledgers: by account id."""
    try:
        ledger = ledgers.get(keyring.identify_caller(request).account)
        parameters = _read_parameters(request)
        is_home = home_region_of(partition_of_region(request.region) or DEFAULT_PARTITION) == request.region
        return _build_page(_list_tagged(ledger, parameters) if ledger is not None and is_home else [], parameters)
    except AwsError as error:
        return _build_reply(400, {"__type": ERROR_CODES.get(error.code, error.code), "message": error.message})


def _read_parameters(request: HttpRequest) -> dict[str, Any]:
    try:
        parameters = json.loads(request.body)
    except (ValueError, RecursionError):
        return {}
    return parameters if isinstance(parameters, dict) else {}


def _list_tagged(ledger: Ledger, parameters: Mapping[str, Any]) -> list[IamEntity]:
    types = set(parameters["ResourceTypeFilters"])
    kinds = [kind for kind in LISTED_KINDS if types & {"iam", f"iam:{kind}"}]
    filters = parameters.get("TagFilters") or []
    if not isinstance(filters, list) or not all(isinstance(one, dict) and "Key" in one for one in filters):
        raise AwsError("InvalidParameterException", "Each TagFilter must contain a key")
    return [
        entity
        for entity in ledger.list_kind(*kinds)
        if entity.tags and all(_passes_filter(entity.tags, one) for one in filters)
    ]


def _passes_filter(tags: Tags, tag_filter: Mapping[str, Any]) -> bool:
    value = tags.get(str(tag_filter["Key"]))
    return value is not None and (not tag_filter.get("Values") or value in tag_filter["Values"])


def _build_page(entities: Sequence[IamEntity], parameters: Mapping[str, Any]) -> Reply:
    size, token = parameters.get("ResourcesPerPage", DEFAULT_PAGE_SIZE), parameters.get("PaginationToken") or "0"
    if not isinstance(size, int) or not 1 <= size <= TAG_PAGE_SIZE:
        raise AwsError("InvalidParameterException", f"ResourcesPerPage must be between 1 and {TAG_PAGE_SIZE}")
    if not (isinstance(token, str) and re.fullmatch("[0-9]{1,9}", token)):
        raise AwsError("InvalidParameterException", "The specified PaginationToken is invalid")
    first = int(token)
    page = [{"ResourceARN": entity.arn, "Tags": as_content(entity.tags)} for entity in entities[first : first + size]]
    more = str(first + size) if first + size < len(entities) else ""
    return _build_reply(200, {"PaginationToken": more, "ResourceTagMappingList": page})


def _build_reply(status: int, content: object) -> Reply:
    return Reply(status, json.dumps(content).encode(), "application/x-amz-json-1.1")
