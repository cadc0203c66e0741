"""Report findings beside the changes of a plan. None of them makes the plan unsafe."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta

from reconciler.kinds.account import PasswordPolicy
from reconciler.model.address import Address
from reconciler.model.durations import format_duration
from reconciler.model.entity import Group, Role, User
from reconciler.model.live import AccessKey
from reconciler.model.plan import Action
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list
from reconciler.plan.compare.ownership import AddressPatterns, find_caller, is_owned
from reconciler.plan.followup_reads import find_users_needing_mfa
from reconciler.plan.guards.draft import Draft
from reconciler.plan.unmanaged import find_unmanaged
from reconciler.policy.trust import unique_ids_of

_MAX_NAMED = 10
"""The most entities that the sentence of one finding names."""


def report_missing_mfa_devices(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each user that must use MFA and has no device."""
    for address in find_users_needing_mfa(draft.desired, draft.entities):
        is_known = address not in draft.baseline.entities or address in draft.baseline.details.devices
        if is_known and not draft.baseline.details.devices.get(address):
            yield Problem(
                Level.WARNING,
                "user-without-mfa-device",
                f"{address} must use MFA and has no device yet: it can do nothing but enrol one.",
                hint=f"Enrol one: `reconcile mfa enroll {address.name}`.",
                address=address,
            )


def report_unowned_groups(draft: Draft) -> Iterator[Problem]:
    """Yield a finding on groups that the plan creates and no plan will prune, because their path names no owner."""
    owner = draft.desired.owner
    if owner is None or draft.desired.settings.prune != "owned":
        return
    created = [item.address for item in draft.differences_of(Action.CREATE) if isinstance(item.after, Group)]
    groups = sorted(address for address in created if not draft.entities[address].path.startswith(f"/{owner}/"))
    if groups:
        verb, them = ("is", "it") if len(groups) == 1 else ("are", "them")
        summary = f"{format_list(map(str, groups), _MAX_NAMED)} {verb} created outside /{owner}/."
        detail = (
            f"Groups have no tags, and only the path names an owner: no plan will delete {them} "
            "when the file loses the entry."
        )
        hint = f"To have a group deleted with its entry, write `path: /{owner}/` in the entry."
        one, several = (groups[0], ()) if len(groups) == 1 else (None, tuple(groups))
        place = draft.desired.place_of(groups[0])
        yield Problem(Level.INFO, "group-without-owner", summary, detail, hint, place, one, addresses=several)


def report_missing_passwords(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for `console: true` without a password, and for `console: false` with an unreadable one."""
    for address, entity in _select_declared_users(draft):
        is_known = (
            address not in draft.baseline.entities or draft.baseline.details.console_passwords.get(address) is False
        )
        if draft.desired.declarations[address].console and is_known:
            summary = f"{address} has `console: true`, but no password."
            hint = (
                "reconcile never sets a password. Set one: "
                f"`aws iam create-login-profile --user-name {address.name} --password … --password-reset-required`."
            )
            yield Problem(Level.WARNING, "user-without-login-profile", summary, "", hint, address=address)
        elif entity.console is False and draft.baseline.details.console_passwords.get(address, False) is None:
            summary = f"{address} has `console: false`, but its password may not be read: if it has one, it keeps it."
            hint = "Allow iam:GetLoginProfile to the caller."
            yield Problem(Level.WARNING, "read-denied", summary, "", hint, address=address)


def report_expiring_passwords(draft: Draft) -> Iterator[Problem]:
    """Yield a finding for a password policy that makes old passwords expire at once.

    IAM User Guide, "Setting an account password policy".
    """
    for difference in draft.differences:
        before, after = difference.before, difference.after
        if not isinstance(after, PasswordPolicy) or after.max_age is None:
            continue
        was = before if isinstance(before, PasswordPolicy) else PasswordPolicy(after.name)
        shut_out = after.hard_expiry and not was.hard_expiry
        if was.max_age is None or after.max_age < was.max_age or shut_out:
            summary = f"Passwords older than {after.max_age}d expire as soon as {difference.address} is written."
            hint = "Their users cannot sign in until an administrator resets them." if after.hard_expiry else ""
            level = Level.WARNING if after.hard_expiry else Level.INFO
            yield Problem(level, "passwords-expire", summary, "", hint, address=difference.address)


def check_access_keys(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each access key that is too old, and for each user with too many.

    Inactive keys count: a user can have only two keys, and one call makes a key active again.
    """
    for address, _ in _select_declared_users(draft):
        rule = draft.desired.declarations[address].access_keys
        keys = draft.baseline.details.access_keys.get(address) or ()
        if rule is None:
            continue
        for key in keys:
            age = draft.baseline.details.read_at - key.created if draft.baseline.details.read_at else timedelta()
            if rule.max_age is not None and age.total_seconds() > rule.max_age:
                yield _report_old_key(address, key, age, rule.max_age)
        if rule.max_count is not None and len(keys) > rule.max_count:
            summary = f"{address} has {_format_key_count(keys)}; its rule allows {rule.max_count}."
            yield Problem(
                Level.WARNING, "access-key-count", summary, "", "Delete the keys that nobody uses.", address=address
            )


def _report_old_key(address: Address, key: AccessKey, age: timedelta, max_age: int) -> Problem:
    state = "" if key.active else " (inactive)"
    most = format_duration(max_age)
    summary = f"Access key {key.id}{state} of {address} is {age.days}d old; its rule allows {most}."
    hint = f"Rotate it: `reconcile keys rotate {address.name}`." if key.active else "Delete it."
    return Problem(Level.WARNING, "access-key-old", summary, "", hint, address=address)


def _format_key_count(keys: Sequence[AccessKey]) -> str:
    inactive = sum(not key.active for key in keys)
    count = f"{len(keys)} access key{'s' if len(keys) > 1 else ''}"
    return f"{count} ({inactive} inactive)" if inactive else count


def _select_declared_users(draft: Draft) -> Iterator[tuple[Address, User]]:
    """Yield the users that the file declares and does not ignore; none for a saved plan."""
    for address, entity in draft.entities.items():
        if isinstance(entity, User) and address in draft.desired.declarations:
            yield address, entity


def report_ignored_declarations(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each declared entity that `settings.ignore` matches."""
    ignored = AddressPatterns(draft.desired.settings.ignore)
    for address, declaration in draft.desired.declarations.items():
        if address in ignored:
            yield Problem(
                Level.WARNING,
                "ignored",
                f"{address} is declared, but `settings.ignore` matches it: the plan does not touch it.",
                hint="Remove the entry, or change the pattern.",
                place=declaration.place,
                address=address,
            )


def report_unread_credentials(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each user to delete whose credentials could not be listed; IAM refuses if it has any."""
    for difference in draft.differences_of(Action.DELETE):
        owned = draft.baseline.details.owned_credentials.get(difference.address)
        if owned and owned.unread:
            calls = ", ".join(f"iam:{operation}" for operation in owned.unread)
            summary = f"Some credentials of {difference.address} could not be read: {calls} failed."
            hint = f"If it has any, IAM refuses to delete the user during the apply. Allow {calls} to the caller."
            yield Problem(Level.WARNING, "read-denied", summary, "", hint, address=difference.address)


def report_dangling_principals(draft: Draft) -> Iterator[Problem]:
    """Yield a warning for each live trust that names a deleted principal, as a unique id (AIDA… or AROA…).

    To write the trust again, with the ARN of the principal that has the name now, repairs it. Roles that no file
    declares are reported only with --unmanaged.
    """
    mended = {item.address for item in draft.differences if any(f.path == "trust_policy" for f in item.fields)}
    outside = [one.address for one in find_unmanaged(draft)] if draft.options.report_unmanaged else []
    for address in (*draft.entities, *outside):
        role = draft.baseline.entities.get(address)
        ids = sorted(unique_ids_of(role.trust_policy)) if isinstance(role, Role) else []
        if ids:
            summary = f"The live trust of {address} names {', '.join(ids)}: the id of a deleted principal."
            hint = "This plan writes the trust again." if address in mended else "Write its ARN instead, or remove it."
            yield Problem(Level.WARNING, "dangling-principal", summary, "", hint, address=address)


def report_kept_caller(draft: Draft) -> Iterator[Problem]:
    """Yield a warning if the plan would prune the caller; it never does."""
    caller = find_caller(draft.baseline)
    entity = draft.baseline.entities.get(caller) if caller else None
    is_missing = entity is not None and caller not in draft.desired.state.entities
    if (
        is_missing
        and entity is not None
        and is_owned(entity, draft.desired.owner)
        and draft.desired.settings.prune != "none"
    ):
        summary = f"{caller} is no longer in the file, but it runs this plan: it stays."
        hint = "To delete it, run the plan as another user or role."
        yield Problem(Level.WARNING, "caller-kept", summary, hint=hint, address=caller)
