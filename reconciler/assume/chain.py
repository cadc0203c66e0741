"""An alias → the AssumeRole calls that reach it, first hop first. Pure; standard library only.

Limits are those of the STS API reference, "AssumeRole", and of role chaining: a role assumed with another
role's credentials lasts at most one hour (IAM User Guide, "Roles terms and concepts").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.model.assume_role import AssumeRoleCall, InheritedAttributes
from reconciler.model.desired import Alias
from reconciler.model.durations import format_duration
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MAX_CHAINED_DURATION, MAX_DURATION, MIN_DURATION, SESSION_NAME
from reconciler.model.suggest import suggest_word


def collect_inherited(calls: Sequence[AssumeRoleCall], position: int, caller_arn: str) -> InheritedAttributes:
    """Return what goes along into the call `position`, from those before it (IAM User Guide, "Pass session tags in
    AWS STS", "Monitor and control actions taken with assumed roles")."""
    before = calls[:position]
    transitive = [
        (key, value)
        for request in before
        for key, value in request.session_tags
        if key.casefold() in {name.casefold() for name in request.transitive_tags}
    ]
    identity = next((request.source_identity for request in before if request.source_identity), "")
    return InheritedAttributes(identity, tuple(transitive), not is_role_session(caller_arn))


def resolve_role_chain(name: str, aliases: Mapping[str, Alias]) -> tuple[Alias, ...]:
    """The aliases from the first that is assumed to the one asked for, through `via`.

    Raises Failed: no such alias, or a `via` that names none or leads back to itself.
    """
    path: list[Alias] = []
    current: str | None = name
    while current is not None:
        alias = aliases.get(current)
        if alias is None:
            raise make_alias_error(current, aliases, path)
        if alias in path:
            steps = " → ".join([*(item.name for item in path), current])
            raise make_error("alias-loop", f"The aliases lead back to themselves: {steps}.", place=alias.place)
        path.append(alias)
        current = alias.via
    return tuple(reversed(path))


def source_profile_of(role_chain: tuple[Alias, ...]) -> str | None:
    """The `source_profile` of a chain: that of the hop nearest to the person."""
    alias = find_source_alias(role_chain)
    return alias.source_profile if alias else None


def find_source_alias(role_chain: tuple[Alias, ...]) -> Alias | None:
    """Return the alias that `source_profile_of` is of."""
    return next((alias for alias in role_chain if alias.source_profile), None)


def build_calls(
    role_chain: tuple[Alias, ...],
    caller_arn: str,
    max_durations: Mapping[str, int],
    duration: int | None = None,
    session_name: str | None = None,
) -> tuple[AssumeRoleCall, ...]:
    """The calls for `resolve_role_chain`, with `duration` and `session_name` overriding the alias asked for.

    `max_durations`: alias → max_session_duration of its role in seconds, where the file says.

    A caller that is itself a role's session is chaining already: an alias's longer duration becomes one hour
    there. Raises Failed: a duration or session name that AWS would refuse.
    """
    default = derive_session_name(caller_arn)
    asked = role_chain[-1]
    final = replace(asked, duration=duration or asked.duration, session_name=session_name or asked.session_name)
    sessions = is_role_session(caller_arn)
    return tuple(
        _build_call(
            alias,
            default,
            max_durations.get(alias.name),
            chained=position > 0,
            from_session=sessions,
            override=bool(duration) and alias is final,
        )
        for position, alias in enumerate((*role_chain[:-1], final))
    )


def derive_session_name(caller_arn: str) -> str:
    """The caller's user or session name as RoleSessionName: 2 to 64 of `[A-Za-z0-9_+=,.@-]`."""
    name = re.sub(r"[^A-Za-z0-9_+=,.@-]", "-", re.split("[:/]", caller_arn)[-1])[:64]
    return name if len(name) >= 2 else f"{name or 'reconcile'}-session"


def is_role_session(caller_arn: str) -> bool:
    return ":assumed-role/" in caller_arn


def _build_call(
    alias: Alias,
    default_name: str,
    max_duration: int | None,
    *,
    chained: bool,
    from_session: bool,
    override: bool,
) -> AssumeRoleCall:
    duration = alias.duration
    if duration and duration > MAX_CHAINED_DURATION and from_session and not chained and not override:
        duration = MAX_CHAINED_DURATION
    _check_duration(alias, duration, chained or from_session, max_duration)
    name = alias.session_name or default_name
    if not SESSION_NAME.fullmatch(name):
        raise make_error(
            "session-name",
            f"{name!r} cannot be the session name of {alias.name}.",
            "AWS takes 2 to 64 letters, digits and `_+=,.@-`.",
            "Change --session-name, or `session_name` of the alias.",
            alias.place,
        )
    return AssumeRoleCall(
        alias=alias.name,
        role_arn=alias.role_arn,
        session_name=name,
        duration=duration,
        external_id=alias.external_id,
        source_identity=alias.source_identity,
        session_tags=tuple(alias.session_tags.items()),
        transitive_tags=alias.transitive_tags,
        policy=alias.policy,
        policy_arns=alias.policy_arns,
    )


def _check_duration(alias: Alias, duration: int | None, chained: bool, role_maximum: int | None) -> None:
    longest, why = MAX_DURATION, "AWS allows no longer session."
    if role_maximum is not None:
        longest, why = role_maximum, f"It is the max_session_duration of {alias.role}."
    if chained and longest > MAX_CHAINED_DURATION:
        longest, why = MAX_CHAINED_DURATION, "A role assumed with another role's session lasts 1h at most."
    if duration is None or MIN_DURATION <= duration <= longest:
        return
    short = duration < MIN_DURATION
    raise make_error(
        "session-duration",
        f"{alias.name} cannot be assumed for {format_duration(duration)}: "
        + (
            f"the shortest is {format_duration(MIN_DURATION)}."
            if short
            else f"the longest is {format_duration(longest)}."
        ),
        "AWS allows no shorter session." if short else why,
        "Change --duration, or `duration` of the alias.",
        alias.place,
    )


def make_alias_error(name: str, aliases: Collection[str], role_chain: Sequence[Alias] = ()) -> ReconcileError:
    """Return the failure that says that the file has no such alias. role_chain: the aliases that led to it."""
    if role_chain:
        summary, place = (
            f"{role_chain[-1].name} goes via {name!r}, which is no alias of the file.",
            role_chain[-1].place,
        )
    else:
        summary, place = f"The file has no alias {name!r}.", None
    listed = f"It has {', '.join(sorted(aliases))}." if aliases else "It has no `aliases:` at all."
    near = suggest_word(name, aliases)
    return make_error("unknown-alias", summary, listed, f"Did you mean {near!r}?" if near else "", place)
