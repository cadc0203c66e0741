"""Build the AssumeRole calls that lead to an alias, first hop first. Pure; standard library only.

Limits: STS API reference, "AssumeRole". Role chaining, which is assuming a role with another role's session, gives
sessions of at most one hour (IAM User Guide, "Roles terms and concepts").
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from reconciler.model.assume_role import AssumeRoleCall, InheritedAttributes
from reconciler.model.desired import Alias
from reconciler.model.durations import format_duration
from reconciler.model.problem import ReconcileError, make_error
from reconciler.model.sts_limits import MAX_CHAINED_DURATION, MAX_DURATION, MIN_DURATION
from reconciler.model.suggest import suggest_word
from reconciler.model.text_forms import SESSION_NAME


def collect_inherited(calls: Sequence[AssumeRoleCall], position: int, caller_arn: str) -> InheritedAttributes:
    """Return the tags and the source identity that the call at `position` inherits from the calls before it.

    Sources: IAM User Guide, "Pass session tags in AWS STS", "Monitor and control actions taken with assumed roles".
    """
    earlier = calls[:position]
    transitive = [
        (key, value)
        for request in earlier
        for key, value in request.session_tags
        if key.casefold() in {name.casefold() for name in request.transitive_tags}
    ]
    identity = next((request.source_identity for request in earlier if request.source_identity), "")
    return InheritedAttributes(identity, tuple(transitive), not is_role_session(caller_arn))


def resolve_role_chain(name: str, aliases: Mapping[str, Alias]) -> tuple[Alias, ...]:
    """Return the aliases along `via`, from the first one that is assumed to `name`.

    Raises ReconcileError if an alias is missing or the chain is a circle.
    """
    path: list[Alias] = []
    current: str | None = name
    while current is not None:
        alias = aliases.get(current)
        if alias is None:
            raise make_alias_error(current, aliases, path)
        if alias in path:
            steps = " → ".join([*(item.name for item in path), current])
            raise make_error(
                "alias-loop",
                f"These aliases form a circle through `via`: {steps}.",
                hint=f"Remove `via` from one of them, or change it: {alias.name} needs a first role.",
                place=alias.place,
            )
        path.append(alias)
        current = alias.via
    return tuple(reversed(path))


def source_profile_of(role_chain: tuple[Alias, ...]) -> str | None:
    """Return the `source_profile` of a chain: that of the first hop that has one."""
    alias = find_source_alias(role_chain)
    return alias.source_profile if alias else None


def find_source_alias(role_chain: tuple[Alias, ...]) -> Alias | None:
    """Return the first alias of a chain that has a `source_profile`; None if none has."""
    return next((alias for alias in role_chain if alias.source_profile), None)


def build_calls(
    role_chain: tuple[Alias, ...],
    caller_arn: str,
    max_durations: Mapping[str, int],
    duration: int | None = None,
    session_name: str | None = None,
) -> tuple[AssumeRoleCall, ...]:
    """Return one call per alias of a chain that `resolve_role_chain` returned.

    caller_arn: the owner of the source credentials. If it is a role's session, the first call is chained, too, and a
    longer duration of the first alias becomes one hour. max_durations: alias → max_session_duration of its role in
    seconds, if the file has it. duration (seconds), session_name: override those of the last alias.
    Raises ReconcileError for a duration or session name that AWS would refuse.
    """
    default = derive_session_name(caller_arn)
    last = role_chain[-1]
    final = replace(last, duration=duration or last.duration, session_name=session_name or last.session_name)
    from_session = is_role_session(caller_arn)
    return tuple(
        _build_call(
            alias,
            default,
            max_durations.get(alias.name),
            chained=position > 0,
            from_session=from_session,
            override=bool(duration) and alias is final,
        )
        for position, alias in enumerate((*role_chain[:-1], final))
    )


def derive_session_name(caller_arn: str) -> str:
    """Return the caller's user or session name as a RoleSessionName: 2 to 64 of `[A-Za-z0-9_+=,.@-]`."""
    name = re.sub(r"[^A-Za-z0-9_+=,.@-]", "-", re.split("[:/]", caller_arn)[-1])[:64]
    return name if len(name) >= 2 else f"{name or 'reconcile'}-session"


def is_role_session(caller_arn: str) -> bool:
    """Return whether the ARN is that of a role's session."""
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
    if not SESSION_NAME.accepts(name):
        raise make_error(
            "session-name",
            f"AWS accepts no session name {name!r} for the alias {alias.name}.",
            f"A session name has {SESSION_NAME.words}.",
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
    longest, why = MAX_DURATION, "AWS allows no longer session of any role."
    if role_maximum is not None:
        longest, why = role_maximum, f"This is the max_session_duration of {alias.role}."
    if chained and longest > MAX_CHAINED_DURATION:
        longest, why = MAX_CHAINED_DURATION, "AWS limits a session made with another role's session to 1h."
    if duration is None or MIN_DURATION <= duration <= longest:
        return
    short = duration < MIN_DURATION
    raise make_error(
        "session-duration",
        f"{alias.name} cannot be assumed for {format_duration(duration)}: "
        + (
            f"the shortest session is {format_duration(MIN_DURATION)}."
            if short
            else f"the longest session is {format_duration(longest)}."
        ),
        "AWS allows no shorter session." if short else why,
        "Change --duration, or `duration` of the alias.",
        alias.place,
    )


def make_alias_error(name: str, aliases: Collection[str], role_chain: Sequence[Alias] = ()) -> ReconcileError:
    """Return the error that the file has no alias `name`. role_chain: the aliases that led to it through `via`."""
    if role_chain:
        summary, place = (
            f"The alias {role_chain[-1].name} has `via: {name}`, and the file has no alias {name!r}.",
            role_chain[-1].place,
        )
    else:
        summary, place = f"The file has no alias {name!r}.", None
    listed = f"It has {', '.join(sorted(aliases))}." if aliases else "It has no `aliases:` at all."
    close = suggest_word(name, aliases)
    return make_error("unknown-alias", summary, listed, f"Did you mean {close!r}?" if close else "", place)
