"""The use case `mfa status`: who has which MFA devices, and who must use MFA and cannot.

A handful of calls for a whole account: users and virtual devices in pages, then, one by one, whoever shows no virtual
device: those who need one first, others while the account is small. What may not be read is a note, not a failure.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace

from reconciler.app.desired_files import account_of, read_files_if_any, require_valid
from reconciler.aws import mfa_devices, timing
from reconciler.aws.faults import note_denied_read
from reconciler.aws.session import Connection, check_account, connect
from reconciler.desired.declare import declare
from reconciler.model.address import Address
from reconciler.model.desired import Desired
from reconciler.model.entity import Role, User
from reconciler.model.live import MfaDevice
from reconciler.model.mfa_readiness import MfaStatus, MfaUser
from reconciler.model.problem import Problem, ReconcileError
from reconciler.plan.access.delta import find_role_access
from reconciler.plan.followup_reads import find_users_needing_mfa
from reconciler.policy.global_keys import MFA_KEYS

MAX_OTHER_USERS = 50
"""Users that are asked about one by one although nothing says that they need a device."""

_OWN_RULE = "mfa: required"


@dataclass(frozen=True, slots=True)
class MfaStatusRequest:
    """users: only these, all kinds of devices asked for; empty for the whole account."""

    users: Sequence[str] = ()
    files: Sequence[str] = ()
    variables: Mapping[str, str] = field(default_factory=dict)
    profile: str | None = None
    region: str | None = None
    endpoint_url: str | None = None


def read_mfa_status(request: MfaStatusRequest) -> MfaStatus:
    """Reads what is needed. Raises Failed: an invalid file, another account, no such user, AWS out of reach."""
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
    absent = [mfa_devices.explain_no_such_user(connection, one.user) for one in holders if not one.exists]
    if absent:
        raise ReconcileError(problem for failed in absent for problem in failed.problems)
    return MfaStatus(connection.account, holders, notes=_make_notes(holders))


def _read_account(connection: Connection, desired: Desired | None) -> MfaStatus:
    with ThreadPoolExecutor(2) as pool:
        users, virtual = (
            pool.submit(mfa_devices.list_user_paths, connection),
            pool.submit(mfa_devices.list_virtual_devices, connection),
        )
        paths, holding = users.result(), virtual.result()
    shown: dict[Address, tuple[MfaDevice, ...]] = {}
    for serial, name in (holding or {}).items():
        if name is not None and name != mfa_devices.ROOT_USER:
            address = Address("user", name)
            shown[address] = (*shown.get(address, ()), MfaDevice(serial))
    live = {Address("user", name): path for name, path in (paths or {}).items()} or dict.fromkeys(shown, "/")
    needs = _find_mfa_reasons(desired, live)
    holders = [
        MfaUser(
            address.name,
            shown.get(address, ()),
            needs.get(address, ()),
            complete=False,
            exists=paths is None or address in live,
        )
        for address in sorted({*live, *needs})
    ]
    doubtful = [one for one in holders if one.exists and not one.devices]
    must = [one for one in doubtful if one.reasons]
    others = [one for one in doubtful if not one.reasons]
    asked = {
        one.user: one for one in _read_devices(connection, [*must, *others[: max(0, MAX_OTHER_USERS - len(must))]])
    }
    holders = [asked.get(one.user, one) for one in holders]
    denied = [*(["ListUsers"] if paths is None else []), *(["ListVirtualMFADevices"] if holding is None else [])]
    left_over = tuple(sorted(serial for serial, name in (holding or {}).items() if name is None))
    return MfaStatus(connection.account, tuple(holders), left_over, _make_notes(asked.values(), *denied))


def _read_devices(connection: Connection, holders: Sequence[MfaUser]) -> tuple[MfaUser, ...]:
    """The same users with their devices of every kind, asked for in parallel; not complete where that is denied."""
    with ThreadPoolExecutor(timing.POOL_SIZE) as pool:
        return tuple(pool.map(lambda holder: _read_user_devices(connection, holder), holders))


def _read_user_devices(connection: Connection, holder: MfaUser) -> MfaUser:
    try:
        found = mfa_devices.read_user_devices(connection, holder.user)
    except ReconcileError as failed:
        if failed.problems[0].code != mfa_devices.NO_SUCH_USER:
            raise
        return replace(holder, exists=False)
    return replace(holder, complete=False) if found is None else replace(holder, devices=found, complete=True)


def _make_notes(asked: Iterable[MfaUser], *denied: str) -> tuple[Problem, ...]:
    """What was denied. asked: users that were asked about one by one."""
    one_by_one = any(one.exists and not one.complete for one in asked)
    return tuple(map(note_denied_read, (*denied, *(["ListMFADevices"] if one_by_one else []))))


def _find_mfa_reasons(desired: Desired | None, live: Mapping[Address, str]) -> dict[Address, tuple[str, ...]]:
    """User → why the file has it use MFA; every user of the file that must, and those of `live` (with their paths)."""
    if desired is None:
        return {}
    bare = {address: User(address.name, path) for address, path in live.items()}
    state = replace(desired.state, entities={**bare, **desired.state.entities})
    found: dict[Address, tuple[str, ...]] = dict.fromkeys(find_users_needing_mfa(desired, state.entities), (_OWN_RULE,))
    for address, entity in sorted(desired.state.entities.items()):
        if isinstance(entity, Role) and _mentions_mfa(entity):
            for principal, access in find_role_access(state, address).items():
                user = Address.parse(principal)
                if access.mfa and user.kind == "user":
                    found[user] = (*found.get(user, ()), str(address))
    return found


def _mentions_mfa(role: Role) -> bool:
    keys = {condition.key for statement in role.trust_policy.statements for condition in statement.conditions}
    return not keys.isdisjoint(MFA_KEYS)
