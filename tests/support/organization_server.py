"""A server on loopback that answers as AWS Organizations does, for what moto cannot show: pages, refusals, RCPs.

The answers have the format of the AWS Organizations API Reference: JSON 1.1, the operation in the header X-Amz-Target,
errors with `__type`. GetCallerIdentity is answered as STS does.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.answering_server import HttpAnswer, serve_answers

MANAGEMENT, MEMBER = "999988887777", "111122223333"
ORGANIZATION, ROOT, UNIT = "o-a1b2c3d4e5", "r-ab12", "ou-ab12-workload1"
FULL_ACCESS, FULL_RCP = "p-FullAWSAccess", "p-RCPFullAWSAccess"
SCP_TYPE, RCP_TYPE = "SERVICE_CONTROL_POLICY", "RESOURCE_CONTROL_POLICY"

_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::{0}:user/alice</Arn><UserId>AIDA</UserId><Account>{0}</Account></GetCallerIdentityResult>"
    "<ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
)

Parameters = Mapping[str, Any]
Reply = tuple[int, dict[str, Any]]
Answer = Callable[[Parameters], Reply]


def refuse(code: str, status: int = 400, **fields: str) -> Reply:
    """Return an error of Organizations."""
    return status, {"__type": code, "Message": "said by AWS", **fields}


def make_summary(identifier: str, name: str, policy_type: str = SCP_TYPE) -> dict[str, Any]:
    """Return a PolicySummary."""
    return {"Id": identifier, "Name": name, "Type": policy_type, "AwsManaged": identifier.startswith("p-F")}


@dataclass
class Organization:
    """An organization: the root, one unit, the member account in it.

    caller: the account whose credentials call. attached: (target, type) → PolicySummary of each attached policy.
    content: the document of every policy. page_size: items on a page. answers: operation → answer in place of ours.
    calls: the operations that were called.
    """

    caller: str = MANAGEMENT
    unit_name: str = "Workloads"
    attached: dict[tuple[str, str], list[dict[str, Any]]] = field(
        default_factory=lambda: {
            (target, SCP_TYPE): [make_summary(FULL_ACCESS, "FullAWSAccess")] for target in (ROOT, UNIT, MEMBER)
        }
    )
    content: str = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    page_size: int = 20
    answers: dict[str, Answer] = field(default_factory=dict)
    calls: list[tuple[str, Parameters]] = field(default_factory=list)

    def answer(self, operation: str, parameters: Parameters) -> Reply:
        self.calls.append((operation, parameters))
        if operation in self.answers:
            return self.answers[operation](parameters)
        match operation:
            case "DescribeOrganization":
                return 200, {"Organization": {"Id": ORGANIZATION, "MasterAccountId": MANAGEMENT}}
            case "ListParents":
                parents = {MEMBER: (UNIT, "ORGANIZATIONAL_UNIT"), MANAGEMENT: (ROOT, "ROOT"), UNIT: (ROOT, "ROOT")}
                child = parameters["ChildId"]
                if child not in parents:
                    return refuse("ChildNotFoundException")
                identifier, kind = parents[child]
                return 200, {"Parents": [{"Id": identifier, "Type": kind}]}
            case "DescribeOrganizationalUnit":
                return 200, {"OrganizationalUnit": {"Id": UNIT, "Name": self.unit_name}}
            case "ListPoliciesForTarget":
                return self.list_policies(parameters)
            case "DescribePolicy":
                return 200, {"Policy": {"Content": self.content, "PolicySummary": {"Id": "p-x1234567", "Name": "x"}}}
        return refuse("UnknownOperationException")

    def list_policies(self, parameters: Parameters) -> Reply:
        """Return one page. After each full page comes an empty one, as AWS allows."""
        items = self.attached.get((parameters["TargetId"], parameters["Filter"]), [])
        start, _, is_gap = parameters.get("NextToken", "0").partition("-")
        if is_gap:
            return 200, {"Policies": [], "NextToken": start}
        end = int(start) + self.page_size
        page: dict[str, Any] = {"Policies": items[int(start) : end]}
        return 200, page | ({"NextToken": f"{end}-gap"} if end < len(items) else {})


@contextmanager
def serve_organization(organization: Organization) -> Iterator[str]:
    """Yield the address of a server that answers for the organization."""

    def answer(headers: Mapping[str, str], body: bytes) -> HttpAnswer:
        target = headers.get("X-Amz-Target", "")
        if not target:
            return HttpAnswer(200, _IDENTITY.format(organization.caller).encode())
        status, content = organization.answer(target.rpartition(".")[2], json.loads(body))
        return HttpAnswer(status, json.dumps(content).encode(), "application/x-amz-json-1.1")

    with serve_answers(answer) as address:
        yield address
