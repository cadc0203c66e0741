"""The use case `mfa status`: list the users' MFA devices, and the users that need one and have none.

Users and virtual devices are read in pages. Then each user without a virtual device is read singly, because hardware
devices and passkeys are listed per user only: first those that need MFA, then others up to a limit. A read that AWS
denies becomes a note, not an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from reconciler.app.desired_files import account_of, read_files_if_any, require_valid
from reconciler.aws import mfa_devices, timing
from reconciler.aws.faults import note_denied_read
from reconciler.aws.session import Connection, check_account, connect
from reconciler.aws.unknown_users import explain_unknown_users
from reconciler.desired.declare import declare
from reconciler.kinds.comparison import inherit_live_values
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Entity, Group, Role, User
from reconciler.model.live import MfaDevice
from reconciler.model.mfa_readiness import MfaStatus, MfaUser
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.access.delta import find_role_access
from reconciler.plan.followup_reads import find_users_needing_mfa
from reconciler.policy.global_keys import MFA_KEYS

MAX_OTHER_USERS = 50
"""Users without a need for MFA whose devices are read singly, at most."""

_OWN_RULE = "mfa: required"


@dataclass(frozen=True, slots=True)
class MfaStatusRequest:
    """The options of the command line. users: only these, with devices of every kind; empty for the whole account."""

    users: Sequence[str] = ()
    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None


def read_mfa_status(request: MfaStatusRequest) -> MfaStatus:
    """Read devices and needs. Raises ReconcileError: invalid file, other account, no such user, no answer from AWS."""
    connection = connect(request.profile, request.region, request.endpoint_url)
    loaded = read_files_if_any(request.files, request.variables, connection.account, connection.partition)
    check_account(connection, account_of(loaded) if loaded else None)
    desired = require_valid(declare(loaded)) if loaded else None
    if request.users:
        return _read_named_users(connection, desired, list(dict.fromkeys(request.users)))
    return _read_account(connection, desired)


def _read_named_users(connection: Connection, desired: Desired | None, names: Sequence[str]) -> MfaStatus:
    needs = _find_mfa_reasons(desired, {Address("user", name): "/" for name in names})
    holders = _read_devices(connection, [MfaUser(name, (), needs.get(Address("user", name), ())) for name in names])
    absent = [one.user for one in holders if not one.exists]
    if absent:
        raise explain_unknown_users(connection, mfa_devices.NO_SUCH_USER, absent)
    return MfaStatus(connection.account, holders, notes=_make_notes(holders))


def _read_account(connection: Connection, desired: Desired | None) -> MfaStatus:
    with ThreadPoolExecutor(2) as pool:
        users, virtual = (
            pool.submit(mfa_devices.list_user_paths, connection),
            pool.submit(mfa_devices.list_virtual_devices, connection),
        )
        paths, holder_names = users.result(), virtual.result()
    devices: dict[Address, tuple[MfaDevice, ...]] = {}
    for serial, name in (holder_names or {}).items():
        if name is not None and name != mfa_devices.ROOT_USER:
            address = Address("user", name)
            devices[address] = (*devices.get(address, ()), MfaDevice(serial))
    live = {Address("user", name): path for name, path in (paths or {}).items()} or dict.fromkeys(devices, "/")
    needs = _find_mfa_reasons(desired, live)
    holders = [
        MfaUser(
            address.name,
            devices.get(address, ()),
            needs.get(address, ()),
            complete=False,
            exists=paths is None or address in live,
        )
        for address in sorted({*live, *needs})
    ]
    without_virtual = [one for one in holders if one.exists and not one.devices]
    needing = [one for one in without_virtual if one.reasons]
    others = [one for one in without_virtual if not one.reasons]
    singly = [*needing, *others[: max(0, MAX_OTHER_USERS - len(needing))]]
    users_by_name = {one.user: one for one in _read_devices(connection, singly)}
    holders = [users_by_name.get(one.user, one) for one in holders]
    denied = [*(["ListUsers"] if paths is None else []), *(["ListVirtualMFADevices"] if holder_names is None else [])]
    unused = tuple(sorted(serial for serial, name in (holder_names or {}).items() if name is None))
    return MfaStatus(connection.account, tuple(holders), unused, _make_notes(users_by_name.values(), *denied))


def _read_devices(connection: Connection, holders: Sequence[MfaUser]) -> tuple[MfaUser, ...]:
    """Return the users with their devices of every kind, read in parallel; incomplete if AWS denies the read."""
    with ThreadPoolExecutor(timing.POOL_SIZE) as pool:
        return tuple(pool.map(lambda holder: _read_user_devices(connection, holder), holders))


def _read_user_devices(connection: Connection, holder: MfaUser) -> MfaUser:
    try:
        devices = mfa_devices.read_user_devices(connection, holder.user)
    except ReconcileError as error:
        if error.problems[0].code != mfa_devices.NO_SUCH_USER:
            raise
        return replace(holder, exists=False)
    return replace(holder, complete=False) if devices is None else replace(holder, devices=devices, complete=True)


def _make_notes(users: Iterable[MfaUser], *denied: str) -> tuple[Problem, ...]:
    """Return a note for each denied read. users: the users that were read singly."""
    incomplete = any(one.exists and not one.complete for one in users)
    return tuple(map(note_denied_read, (*denied, *(["ListMFADevices"] if incomplete else []))))


def _find_mfa_reasons(desired: Desired | None, live: Mapping[Address, str]) -> dict[Address, tuple[str, ...]]:
    """Return user → the rules and roles of the file that demand MFA of it. live: path of each user in the account."""
    if desired is None:
        return {}
    bare = {address: User(address.name, path) for address, path in live.items()}
    state = replace(desired.state, entities={**bare, **desired.state.entities})
    reasons: dict[Address, tuple[str, ...]] = dict.fromkeys(
        find_users_needing_mfa(desired, _drop_ignored_links(desired, bare)), (_OWN_RULE,)
    )
    for address, entity in sorted(desired.state.entities.items()):
        if isinstance(entity, Role) and _mentions_mfa(entity):
            for principal, access in find_role_access(state, address).items():
                user = Address.parse(principal)
                if access.mfa and user.kind == "user":
                    reasons[user] = (*reasons.get(user, ()), str(address))
    return reasons


def _drop_ignored_links(desired: Desired, live: Mapping[Address, User]) -> dict[Address, Entity]:
    """Return the entities of the file without the policies and groups that `ignore_changes` leaves to the account.

    live: the users of the account, without policies and groups. No group is read: each one counts as existing.
    """
    entities: dict[Address, Entity] = {}
    for address, entity in desired.state.entities.items():
        bare = Group(entity.name, entity.path) if isinstance(entity, Group) else live.get(address)
        declaration = desired.declarations[address]
        entities[address] = inherit_live_values(entity, bare, declaration) if bare else entity
    return entities


def _mentions_mfa(role: Role) -> bool:
    keys = {condition.key for statement in role.trust_policy.statements for condition in statement.conditions}
    return not keys.isdisjoint(MFA_KEYS)
