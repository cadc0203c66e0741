"""Put what does not fit between two accounts into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from reconciler.model.account_waits import TrustLine
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list
from reconciler.model.suggest import suggest_word
from reconciler.plan.cross_account.external_ids import RoleEntry
from reconciler.plan.cross_account.side import ASSUME_ROLE, Refusal

_MOST_NAMED = 4
_TRUST = "cross-account-trust"
_BOTH_SIDES = "AWS lets a principal of another account assume a role only if both sides allow it."
_UNKNOWN = "IAM refuses a trust that names a principal which does not exist."


@dataclass(frozen=True, slots=True)
class TrustedPrincipal:
    """A user or role that a trust of another account names.

    account, line: the account with the trust, and the trust. arn: as the trust names it. owner: its own account.
    """

    account: MemberAccount
    line: TrustLine
    arn: str
    owner: MemberAccount

    @property
    def trust(self) -> str:
        return _name_trust(self.line, self.account)


def refuse_missing(one: TrustedPrincipal, arns: Iterable[str]) -> Problem:
    """Return the refusal of a trust whose principal its account lacks after the plan. arns: those that it has."""
    kind, _, name = one.arn.split(":", 5)[5].partition("/")
    names = {arn.rpartition("/")[2]: arn for arn in arns if arn.split(":", 5)[5].startswith(f"{kind}/")}
    close = suggest_word(name.rpartition("/")[2], names)
    hint = f"Declare it in the files of {one.owner.name}, or correct the ARN."
    if close:
        hint = f"Did you mean {names[close]}?"
    summary = f"The {one.trust} names {one.arn}, which {one.owner.label} lacks after its plan."
    return _refuse(one.line, summary, _UNKNOWN, hint)


def refuse_removed(one: TrustedPrincipal, new_arn: str) -> Problem:
    """Return the refusal of a trust whose principal the plan of its account deletes, or moves to a new ARN."""
    change = f"moves to {new_arn}" if new_arn else "deletes"
    hint = f"Write that ARN, or keep {one.arn}." if new_arn else "Keep it, or remove it from the trust first."
    summary = f"The {one.trust} names {one.arn}, which the plan of {one.owner.label} {change}."
    return _refuse(one.line, summary, _describe_loss(one.arn, new_arn), hint)


def refuse_removal(one: TrustedPrincipal, new_arn: str) -> Problem:
    """Return the refusal of a plan that deletes or moves a principal which an unplanned account trusts."""
    change = "moves" if new_arn else "deletes"
    summary = f"The plan of {one.owner.label} {change} {one.arn}, which the {one.trust} names."
    hint = f"Remove it from that trust first, and apply {one.account.name}."
    if new_arn:
        hint = f"Write {new_arn} there, and plan {one.account.name} in the same run."
    detail = f"{one.account.name} is not planned in this run. {_describe_loss(one.arn, new_arn)}"
    return _refuse(one.line, summary, detail, hint)


def _describe_loss(arn: str, new_arn: str) -> str:
    """Return what becomes of a trust. IAM keeps the unique id of a user that moves; a role is made anew."""
    if new_arn and ":user/" in arn:
        return "IAM then shows the new ARN in the trust, and refuses the old one when it is written again."
    return "IAM then shows a dead id in the trust, which lets nobody in."


def refuse_other_arn(one: TrustedPrincipal, real_arn: str) -> Problem:
    """Return the refusal of a trust that names a principal by another path or spelling than it has."""
    summary = f"The {one.trust} names {one.arn}, but in {one.owner.label} it is {real_arn}."
    detail = "The ARN in a trust must match exactly: partition, path and letter case, too."
    return _refuse(one.line, summary, detail, "Write that ARN.")


def refuse_side(one: TrustedPrincipal, role_arn: str, refusal: Refusal) -> Problem:
    """Return the refusal of a trust that allows what something else denies; a warning if it is not sts:AssumeRole."""
    summary = f"The {one.trust} allows {refusal.action} to {one.arn} of {one.owner.name}, but {refusal.reason}."
    hint = f"In the files of {one.owner.name}, allow it {refusal.action} on {role_arn}, or drop it from the trust."
    if refusal.is_of_role:
        hint = "Change that policy, or remove the principal from the trust."
    level = Level.ERROR if refusal.action == ASSUME_ROLE else Level.WARNING
    return Problem(level, _TRUST, summary, _BOTH_SIDES, hint, one.line.place, one.line.role)


def refuse_external_id(
    account: MemberAccount, line: TrustLine, accepted: Iterable[frozenset[str] | None], entry: RoleEntry
) -> Problem:
    """Return the refusal of a trust that demands another external id than the files send."""
    sends = f"the external id {entry.external_id!r}" if entry.external_id else "no external id"
    demanded = sorted(frozenset[str]().union(*(one for one in accepted if one)))
    place = f" ({entry.place})" if entry.place else ""
    summary = f"{entry.label}{place} sends {sends}, but the {_name_trust(line, account)} demands another one."
    detail = f"It accepts {format_list(map(repr, demanded), _MOST_NAMED)}, so AWS will refuse the role."
    return _refuse(line, summary, detail, "Write the same external id on both sides.")


def note_unchecked(lines: Mapping[str, TrustLine], other: MemberAccount, *, was_planned: bool) -> Problem:
    """Return a note about the trusts that name principals of an account about which too little is known.

    lines: by the ARN of the principal.
    """
    first = next(iter(lines.values()))
    roles = format_list(sorted({str(line.role) for line in lines.values()}), _MOST_NAMED)
    summary = f"Not checked: the trust of {roles}, which names {format_list(sorted(lines), _MOST_NAMED)}."
    detail = f"{other.label} is not planned in this run, and its files alone do not tell enough."
    hint = f"Plan {other.name} in the same run."
    if was_planned:
        detail, hint = f"Not all users and roles of {other.label} could be read.", ""
    return Problem(Level.INFO, "cross-account-unchecked", summary, detail, hint, first.place, first.role)


def refuse_order(one: TrustedPrincipal) -> Problem:
    """Return the refusal of a trust whose principal another account creates only after this one has ended."""
    account, creator = one.account, one.owner
    names = f"The {one.trust} names {one.arn}, which {creator.label} creates later"
    summary = f"{names}, in wave {creator.wave}."
    hint = f"Put {creator.name} into wave {account.wave} or an earlier one."
    if creator.wave == account.wave:
        summary = f"{names}: {account.name} is a canary of wave {account.wave}, but {creator.name} is not."
        hint = f"Write `canary: true` for {creator.name}, too, or put it into an earlier wave."
    return Problem(Level.ERROR, "cross-account-order", summary, _UNKNOWN, hint, one.line.place, one.line.role)


def refuse_cycle(cycle: Sequence[str], creators: Mapping[str, MemberAccount], line: TrustLine) -> Problem:
    """Return the refusal of principals that wait for each other.

    cycle: each of them is created after the next one, and the last after the first. line: the trust that lets the first
    one wait.
    """
    shown = [f"{arn} ({creators[arn].name})" for arn in cycle[: 2 * _MOST_NAMED]]
    chain = " → ".join([*shown, *["…"] * (len(cycle) > len(shown)), cycle[0]])
    summary = f"Accounts would wait for each other: {chain}. Each is created after the next one exists."
    hint = f"Take {cycle[1]} out of the trust of {line.role}, apply, put it back, and apply again."
    return Problem(Level.ERROR, "cross-account-cycle", summary, _UNKNOWN, hint, line.place, line.role)


def _refuse(line: TrustLine, summary: str, detail: str, hint: str) -> Problem:
    return Problem(Level.ERROR, _TRUST, summary, detail, hint, line.place, line.role)


def _name_trust(line: TrustLine, account: MemberAccount) -> str:
    return f"trust of {line.role} in {account.label}"
