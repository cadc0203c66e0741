"""What a plan reports beside its changes: nothing here makes it unsafe."""

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
"""How many entities the sentence of one finding names."""


def report_missing_mfa_devices(draft: Draft) -> Iterator[Problem]:
    """Users that must use MFA and have no device: only a person can enrol one."""
    for address in find_users_needing_mfa(draft.desired, draft.entities):
        known = address not in draft.baseline.entities or address in draft.baseline.details.devices
        if known and not draft.baseline.details.devices.get(address):
            yield Problem(
                Level.WARNING,
                "user-without-mfa-device",
                f"{address} must use MFA and has no device yet: it can do nothing but enrol one.",
                address=address,
            )


def report_unowned_groups(draft: Draft) -> Iterator[Problem]:
    """Groups that the plan creates and no plan will prune: groups have no tags, only their path tells an owner."""
    owner = draft.desired.owner
    if owner is None or draft.desired.settings.prune != "owned":
        return
    made = [item.address for item in draft.differences_of(Action.CREATE) if isinstance(item.after, Group)]
    found = sorted(address for address in made if not draft.entities[address].path.startswith(f"/{owner}/"))
    if found:
        verb, them = ("is", "it") if len(found) == 1 else ("are", "them")
        summary = f"{format_list(map(str, found), _MAX_NAMED)} {verb} created outside /{owner}/."
        detail = f"Groups have no tags, so no plan will know {them} for yours, and delete {them} with the entry."
        hint = f"Write `path: /{owner}/` in the entry of each that is to go with its entry."
        one, several = (found[0], ()) if len(found) == 1 else (None, tuple(found))
        declaration = draft.desired.declarations.get(found[0])  # a saved plan has none
        place = declaration.place if declaration else None
        yield Problem(Level.INFO, "group-without-owner", summary, detail, hint, place, one, addresses=several)


def report_missing_passwords(draft: Draft) -> Iterator[Problem]:
    """`console: true` where there is no password, and `console: false` where nobody may see whether there is one."""
    for address, entity in _select_declared_users(draft):
        known = address not in draft.baseline.entities or draft.baseline.details.console_passwords.get(address) is False
        if draft.desired.declarations[address].console and known:
            summary = f"{address} is to sign in to the console, and has no password."
            hint = "Passwords are secrets, so only a person can give one: `aws iam create-login-profile`."
            yield Problem(Level.WARNING, "user-without-login-profile", summary, "", hint, address=address)
        elif entity.console is False and draft.baseline.details.console_passwords.get(address, False) is None:
            summary = f"{address} is to have no password, and whether it has one may not be read: it keeps it."
            hint = "Allow iam:GetLoginProfile to the caller."
            yield Problem(Level.WARNING, "read-denied", summary, "", hint, address=address)


def report_expiring_passwords(draft: Draft) -> Iterator[Problem]:
    """A password policy that makes old passwords expire at once (IAM User Guide, "Setting an account password
    policy")."""
    for difference in draft.differences:
        before, after = difference.before, difference.after
        if not isinstance(after, PasswordPolicy) or after.max_age is None:
            continue
        was = before if isinstance(before, PasswordPolicy) else PasswordPolicy(after.name)
        shut_out = after.hard_expiry and not was.hard_expiry
        if was.max_age is None or after.max_age < was.max_age or shut_out:
            summary = f"Passwords older than {after.max_age}d expire as soon as {difference.address} is written."
            hint = "Their users are then shut out until an administrator resets them." if after.hard_expiry else ""
            level = Level.WARNING if after.hard_expiry else Level.INFO
            yield Problem(level, "passwords-expire", summary, "", hint, address=difference.address)


def check_access_keys(draft: Draft) -> Iterator[Problem]:
    """Keys beyond what the file allows. Inactive ones count: they hold one of a user's two places, and one call
    makes them work again."""
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
            yield Problem(Level.WARNING, "access-key-count", summary, "", "Delete what nobody uses.", address=address)


def _report_old_key(address: Address, key: AccessKey, age: timedelta, max_age: int) -> Problem:
    state = "" if key.active else " (inactive)"
    most = format_duration(max_age)
    summary = f"Access key {key.id}{state} of {address} is {age.days}d old; its rule allows {most}."
    hint = "Rotate it." if key.active else "Delete it."
    return Problem(Level.WARNING, "access-key-old", summary, "", hint, address=address)


def _format_key_count(keys: Sequence[AccessKey]) -> str:
    inactive = sum(not key.active for key in keys)
    found = f"{len(keys)} access key{'s' if len(keys) > 1 else ''}"
    return f"{found} ({inactive} inactive)" if inactive else found


def _select_declared_users(draft: Draft) -> Iterator[tuple[Address, User]]:
    """The users that the file declares and does not ignore; none of a plan that was saved."""
    for address, entity in draft.entities.items():
        if isinstance(entity, User) and address in draft.desired.declarations:
            yield address, entity


def report_ignored_declarations(draft: Draft) -> Iterator[Problem]:
    ignored = AddressPatterns(draft.desired.settings.ignore)
    for address, declaration in draft.desired.declarations.items():
        if address in ignored:
            yield Problem(
                Level.WARNING,
                "ignored",
                f"{address} is declared, and `settings.ignore` matches it: it is left as it is.",
                place=declaration.place,
                address=address,
            )


def report_unread_credentials(draft: Draft) -> Iterator[Problem]:
    """Credentials of a doomed user that nobody could list: IAM would refuse the deletion if there are any."""
    for difference in draft.differences_of(Action.DELETE):
        owned = draft.baseline.details.owned_credentials.get(difference.address)
        if owned and owned.unread:
            summary = f"What {', '.join(owned.unread)} would show of {difference.address} could not be read."
            hint = "If there is any, IAM refuses to delete the user, after what stands above it is taken away."
            yield Problem(Level.WARNING, "read-denied", summary, "", hint, address=difference.address)


def report_dangling_principals(draft: Draft) -> Iterator[Problem]:
    """Live trusts that name a deleted principal: IAM shows its unique id, AIDA… or AROA…, in place of the ARN.

    Putting the trust again, with the ARN of the principal that has the name now, is what mends it. Of roles that no
    file declares it is told where those are asked for (--unmanaged).
    """
    mended = {item.address for item in draft.differences if any(f.path == "trust_policy" for f in item.fields)}
    outside = [one.address for one in find_unmanaged(draft)] if draft.options.report_unmanaged else []
    for address in (*draft.entities, *outside):
        role = draft.baseline.entities.get(address)
        ids = sorted(unique_ids_of(role.trust_policy)) if isinstance(role, Role) else []
        if ids:
            summary = f"The live trust of {address} names {', '.join(ids)}: what is left of a deleted principal."
            hint = "This plan puts the trust again." if address in mended else "Name it by its ARN, or remove it."
            yield Problem(Level.WARNING, "dangling-principal", summary, "", hint, address=address)


def report_kept_caller(draft: Draft) -> Iterator[Problem]:
    """The caller is never pruned, also where the file has lost it."""
    caller = find_caller(draft.baseline)
    entity = draft.baseline.entities.get(caller) if caller else None
    gone = entity is not None and caller not in draft.desired.state.entities
    if gone and entity is not None and is_owned(entity, draft.desired.owner) and draft.desired.settings.prune != "none":
        summary = f"{caller} is in the file no longer, but runs this plan: it stays."
        yield Problem(Level.WARNING, "caller-kept", summary, address=caller)
