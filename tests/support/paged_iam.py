"""Answer the reads of IAM over HTTP, for an account of any size, in pages: a sandbox would be too slow for it.

Users, groups, roles and policies have names, and roles a trust, but nothing else. Of the parameters, only Filter,
MaxItems and Marker are used.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any
from urllib.parse import parse_qs, quote

from tests.support.reads import AccountSize

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}"
DATE = "<CreateDate>2026-01-02T03:04:05Z</CreateDate>"
TRUST = quote(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole"}]}))
DOCUMENT = quote(json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "NotAction": "a:b"}]}))

HttpAnswer = tuple[int, str]


def _user_xml(n: int) -> str:
    return f"<Path>/</Path><UserName>u{n}</UserName><UserId>AIDA{n}</UserId><Arn>{ARN}:user/u{n}</Arn>{DATE}"


def _group_xml(n: int) -> str:
    return f"<Path>/</Path><GroupName>g{n}</GroupName><GroupId>AGPA{n}</GroupId><Arn>{ARN}:group/g{n}</Arn>{DATE}"


def _role_xml(n: int) -> str:
    trust = f"<AssumeRolePolicyDocument>{TRUST}</AssumeRolePolicyDocument>"
    return f"<Path>/</Path><RoleName>r{n}</RoleName><RoleId>AROA{n}</RoleId><Arn>{ARN}:role/r{n}</Arn>{DATE}{trust}"


def _listed_role_xml(n: int) -> str:
    return f"{_role_xml(n)}<Description>Role {n}</Description><MaxSessionDuration>7200</MaxSessionDuration>"


def _policy_xml(n: int) -> str:
    version = "<VersionId>v1</VersionId><IsDefaultVersion>true</IsDefaultVersion>"
    versions = f"<PolicyVersionList><member><Document>{DOCUMENT}</Document>{version}</member></PolicyVersionList>"
    return f"<PolicyName>p{n}</PolicyName><Path>/</Path><Arn>{ARN}:policy/p{n}</Arn>{versions}"


def _profile_xml(n: int) -> str:
    name = f"<InstanceProfileName>i{n}</InstanceProfileName><InstanceProfileId>AIPA{n}</InstanceProfileId>"
    return f"<Path>/</Path>{name}<Arn>{ARN}:instance-profile/i{n}</Arn>{DATE}<Roles/>"


def _device_xml(n: int) -> str:
    user = f"<User>{_user_xml(n)}</User>"
    return f"<SerialNumber>{ARN}:mfa/u{n}</SerialNumber>{user}<EnableDate>2026-01-02T03:04:05Z</EnableDate>"


_DETAILS: dict[str, tuple[str, Callable[[int], str]]] = {
    "User": ("UserDetailList", _user_xml),
    "Group": ("GroupDetailList", _group_xml),
    "Role": ("RoleDetailList", _role_xml),
    "LocalManagedPolicy": ("Policies", _policy_xml),
}


@dataclass
class PagedIam:
    """An account. refusals: the first answers of GetResources, each given once, as (HTTP status, body)."""

    size: AccountSize
    refusals: list[HttpAnswer] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    url: str = ""
    _lock: Lock = field(default_factory=Lock)

    def answer_call(self, target: str, body: str) -> HttpAnswer:
        operation = target.rpartition(".")[2] if target else parse_qs(body)["Action"][0]
        with self._lock:
            self.calls[operation] += 1
        if target:
            return self._answer_resources(json.loads(body))
        parameters = {key: values[0] for key, values in parse_qs(body).items()}
        inner = getattr(self, f"_{operation}")(parameters)
        return 200, f"<{operation}Response><{operation}Result>{inner}</{operation}Result></{operation}Response>"

    def _answer_resources(self, parameters: dict[str, Any]) -> HttpAnswer:
        with self._lock:
            if self.refusals:
                return self.refusals.pop(0)
        first, most = int(parameters.get("PaginationToken") or 0), parameters["ResourcesPerPage"]
        assert most <= 100
        page = [
            {"ResourceARN": f"{ARN}:policy/p{n}", "Tags": [{"Key": "n", "Value": str(n)}]}
            for n in range(first, min(first + most, self.size.tagged))
        ]
        token = str(first + most) if first + most < self.size.tagged else ""
        return 200, json.dumps({"ResourceTagMappingList": page, "PaginationToken": token})

    def _GetCallerIdentity(self, parameters: dict[str, str]) -> str:
        return f"<Arn>{ARN}:user/u0</Arn><UserId>AIDA0</UserId><Account>{ACCOUNT}</Account>"

    def _GetAccountAuthorizationDetails(self, parameters: dict[str, str]) -> str:
        """Return a page. AWS counts all kinds as one list."""
        kinds = [value for key, value in parameters.items() if key.startswith("Filter.member.")]
        counts = dict(
            zip(_DETAILS, (self.size.users, self.size.groups, self.size.roles, self.size.policies), strict=True)
        )
        everything = [(kind, n) for kind in kinds for n in range(counts[kind])]
        page, end = _slice_page(everything, parameters)
        lists = {key: "" for key, _ in _DETAILS.values()}
        for kind, n in page:
            key, written = _DETAILS[kind]
            lists[key] += f"<member>{written(n)}</member>"
        return "".join(f"<{key}>{items}</{key}>" for key, items in lists.items()) + end

    def _ListRoles(self, parameters: dict[str, str]) -> str:
        return _list_xml("Roles", self.size.roles, _listed_role_xml, parameters)

    def _ListInstanceProfiles(self, parameters: dict[str, str]) -> str:
        return _list_xml("InstanceProfiles", self.size.instance_profiles, _profile_xml, parameters)

    def _ListVirtualMFADevices(self, parameters: dict[str, str]) -> str:
        return _list_xml("VirtualMFADevices", self.size.virtual_devices, _device_xml, parameters)

    def _ListOpenIDConnectProviders(self, parameters: dict[str, str]) -> str:
        arns = (f"<member><Arn>{ARN}:oidc-provider/host/{n}</Arn></member>" for n in range(self.size.oidc_providers))
        return f"<OpenIDConnectProviderList>{''.join(arns)}</OpenIDConnectProviderList>"

    def _GetOpenIDConnectProvider(self, parameters: dict[str, str]) -> str:
        return "<Url>host</Url><ClientIDList><member>sts.amazonaws.com</member></ClientIDList>"

    def _ListSAMLProviders(self, parameters: dict[str, str]) -> str:
        arns = (f"<member><Arn>{ARN}:saml-provider/s{n}</Arn></member>" for n in range(self.size.saml_providers))
        return f"<SAMLProviderList>{''.join(arns)}</SAMLProviderList>"

    def _GetSAMLProvider(self, parameters: dict[str, str]) -> str:
        return "<SAMLMetadataDocument>&lt;EntityDescriptor/&gt;</SAMLMetadataDocument>"

    def _ListAccountAliases(self, parameters: dict[str, str]) -> str:
        return "<AccountAliases><member>example</member></AccountAliases><IsTruncated>false</IsTruncated>"

    def _GetAccountPasswordPolicy(self, parameters: dict[str, str]) -> str:
        return "<PasswordPolicy><MinimumPasswordLength>14</MinimumPasswordLength></PasswordPolicy>"

    def _GetPolicy(self, parameters: dict[str, str]) -> str:
        name = parameters["PolicyArn"].rpartition("/")[2]
        tags = f"<Tags><member><Key>n</Key><Value>{name[1:]}</Value></member></Tags>"
        known = f"<PolicyName>{name}</PolicyName><Path>/</Path><DefaultVersionId>v1</DefaultVersionId>"
        return f"<Policy>{known}<Arn>{parameters['PolicyArn']}</Arn>{tags}</Policy>"

    def _GetInstanceProfile(self, parameters: dict[str, str]) -> str:
        return f"<InstanceProfile>{_profile_xml(int(parameters['InstanceProfileName'][1:]))}</InstanceProfile>"


def _slice_page(items: Sequence[Any], parameters: dict[str, str]) -> tuple[Sequence[Any], str]:
    """Return the items of the page, and the elements that end the answer."""
    first, size = int(parameters.get("Marker") or 0), int(parameters.get("MaxItems") or 100)
    assert size <= 1000
    more = first + size < len(items)
    end = f"<IsTruncated>true</IsTruncated><Marker>{first + size}</Marker>" if more else ""
    return items[first : first + size], end or "<IsTruncated>false</IsTruncated>"


def _list_xml(key: str, count: int, written: Callable[[int], str], parameters: dict[str, str]) -> str:
    page, end = _slice_page(range(count), parameters)
    return f"<{key}>{''.join(f'<member>{written(n)}</member>' for n in page)}</{key}>{end}"


@contextmanager
def serve_iam(iam: PagedIam) -> Iterator[PagedIam]:
    """Serve the account at `iam.url`."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            status, said = iam.answer_call(self.headers.get("X-Amz-Target", ""), body)
            data = said.encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    iam.url = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield iam
    finally:
        server.shutdown()
        server.server_close()
