"""Every kind, in the order in which plans show them. To add one, write a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from reconciler.kinds.account import AccountKind
from reconciler.kinds.base import Kind, MoveMethod
from reconciler.kinds.group import GroupKind
from reconciler.kinds.instance_profile import InstanceProfileKind
from reconciler.kinds.oidc_provider import OidcProviderKind
from reconciler.kinds.policy import PolicyKind
from reconciler.kinds.raw_account import RawAccount
from reconciler.kinds.role import RoleKind
from reconciler.kinds.saml_provider import SamlProviderKind
from reconciler.kinds.server_certificate import ServerCertificateKind
from reconciler.kinds.user import UserKind
from reconciler.model.address import Address
from reconciler.model.arns import register_arn_forms
from reconciler.model.quotas import Quota

KINDS: tuple[Kind, ...] = (
    OidcProviderKind(),
    SamlProviderKind(),
    PolicyKind(),
    GroupKind(),
    UserKind(),
    RoleKind(),
    InstanceProfileKind(),
    ServerCertificateKind(),
    AccountKind(),
)

KINDS_BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}

KINDS_BY_SECTION: Mapping[str, Kind] = {kind.section: kind for kind in KINDS if kind.section}

SINGLE_ENTRY_SECTIONS = frozenset([AccountKind.section])
"""The sections that are a single entry, and not a mapping of name → entry."""

RENAMABLE_KINDS = tuple(kind.name for kind in KINDS if kind.move_method is MoveMethod.RENAME)
"""The kinds that AWS can rename (UpdateUser, UpdateGroup, …)."""

MOVABLE_KINDS = tuple(kind.name for kind in KINDS if kind.move_method is not MoveMethod.NONE)
"""The kinds that `moved` accepts."""

PER_ACCOUNT: Mapping[str, Quota] = {kind.name: kind.quota for kind in KINDS if kind.quota}
"""Kind → the number of its entities that an account may have."""

register_arn_forms({kind.name: kind.arn_form for kind in KINDS})


def find_expirations(raw: RawAccount) -> dict[Address, datetime]:
    """Map each live entity that expires at AWS to that moment."""
    return {address: end for kind in KINDS for address, end in kind.find_expirations(raw).items()}
