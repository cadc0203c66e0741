"""Every kind, in the order in which plans show them. Adding one is a file beside this one and a line here."""

from __future__ import annotations

from collections.abc import Mapping

from reconciler.kinds.account import AccountKind
from reconciler.kinds.base import Kind
from reconciler.kinds.group import GroupKind
from reconciler.kinds.instance_profile import InstanceProfileKind
from reconciler.kinds.oidc_provider import OidcProviderKind
from reconciler.kinds.policy import PolicyKind
from reconciler.kinds.role import RoleKind
from reconciler.kinds.saml_provider import SamlProviderKind
from reconciler.kinds.user import UserKind

KINDS: tuple[Kind, ...] = (
    OidcProviderKind(),
    SamlProviderKind(),
    PolicyKind(),
    GroupKind(),
    UserKind(),
    RoleKind(),
    InstanceProfileKind(),
    AccountKind(),
)

KINDS_BY_NAME: Mapping[str, Kind] = {kind.name: kind for kind in KINDS}

KINDS_BY_SECTION: Mapping[str, Kind] = {kind.section: kind for kind in KINDS if kind.section}

SINGLE_ENTRY_SECTIONS = frozenset([AccountKind.section])
"""The sections that are one entry themselves, in place of name → entry."""
