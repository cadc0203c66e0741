"""Put what does not fit between two accounts into words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from reconciler.model.account_waits import TrustLine
from reconciler.model.member_account import MemberAccount
from reconciler.model.problem import Level, Problem
from reconciler.model.sentence import format_list
from reconciler.model.suggest import suggest_word
from reconciler.plan.cross_account.external_ids import RoleEntry
from reconciler.plan.cross_account.facts import CrossAccountFacts
from reconciler.plan.cross_account.side import ASSUME_ROLE, Refusal

_MOST_NAMED = 4
_TRUST = "cross-account-trust"
_BOTH_SIDES = "AWS lets a principal of another account assume a role only if both sides allow it."
_NOBODY = "IAM then shows a dead id in the trust, which lets nobody in."
_UNKNOWN = "IAM refuses a trust that names a principal which does not exist."


def refuse_missing(
    account: MemberAccount, line: TrustLine, arn: str, other: MemberAccount, known: CrossAccountFacts
) -> Problem:
    """Return the refusal of a trust whose principal its account lacks after the plan."""
    names = f"The {_name_trust(line, account)} names {arn}"
    if arn in known.removed:
        new_arn = known.removed[arn]
        change = f"moves to {new_arn}" if new_arn else "deletes"
        hint = f"Write that ARN, or keep {arn}." if new_arn else "Keep it, or take it from the trust first."
        return _refuse(line, f"{names}, which the plan of {other.label} {change}.", _NOBODY, hint)
    kind, _, name = arn.split(":", 5)[5].partition("/")
    arns = {address.name: one for address, one in known.arns.items() if address.kind == kind}
    close = suggest_word(name.rpartition("/")[2], arns)
    hint = f"Did you mean {arns[close]}?" if close else f"Declare it in the files of {other.name}, or correct the ARN."
    return _refuse(line, f"{names}, which {other.label} lacks after its plan.", _UNKNOWN, hint)


def refuse_other_arn(account: MemberAccount, line: TrustLine, arn: str, other: MemberAccount, real_arn: str) -> Problem:
    """Return the refusal of a trust that names a principal by another path or spelling than it has."""
    summary = f"The {_name_trust(line, account)} names {arn}, but in {other.label} it is {real_arn}."
    detail = "The ARN in a trust must match exactly: partition, path and letter case, too."
    return _refuse(line, summary, detail, "Write that ARN.")


def refuse_side(
    account: MemberAccount, line: TrustLine, role_arn: str, arn: str, other: MemberAccount, refusal: Refusal
) -> Problem:
    """Return the refusal of a trust that allows what something else denies; a warning if it is not sts:AssumeRole."""
    summary = f"The {_name_trust(line, account)} allows {arn} of {other.name} {refusal.action}, but {refusal.reason}."
    hint = f"In the files of {other.name}, allow it {refusal.action} on {role_arn}, or take it from the trust."
    if refusal.is_of_role:
        hint = "Change that policy, or take the principal from the trust."
    level = Level.ERROR if refusal.action == ASSUME_ROLE else Level.WARNING
    return Problem(level, _TRUST, summary, _BOTH_SIDES, hint, line.place, line.role)


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


def refuse_removal(account: MemberAccount, line: TrustLine, arn: str, other: MemberAccount, new_arn: str) -> Problem:
    """Return the refusal of a plan that deletes or moves a principal which an account that is not planned trusts."""
    change = "moves" if new_arn else "deletes"
    summary = f"The plan of {other.label} {change} {arn}, which the {_name_trust(line, account)} names."
    hint = f"Take it from that trust first, and apply {account.name}."
    if new_arn:
        hint = f"Write {new_arn} there, and plan {account.name} in the same run."
    return _refuse(line, summary, f"{account.name} is not planned in this run. {_NOBODY}", hint)


def note_unchecked(lines: Mapping[str, TrustLine], other: MemberAccount, *, was_planned: bool) -> Problem:
    """Return a note about the trusts that name principals of an account of which too little is known.

    lines: by the ARN of the principal.
    """
    first = next(iter(lines.values()))
    roles = format_list(sorted({str(line.role) for line in lines.values()}), _MOST_NAMED)
    summary = f"Not checked: the trust of {roles}, which names {format_list(sorted(lines), _MOST_NAMED)}."
    detail = f"{other.label} is not planned in this run, and its files alone do not tell enough."
    hint = f"Plan {other.name} in the same run."
    if was_planned:
        detail, hint = f"Not all users and roles of {other.label} could be read.", ""
    return Problem(Level.INFO, _TRUST, summary, detail, hint, first.place, first.role)


def refuse_order(account: MemberAccount, line: TrustLine, arn: str, creator: MemberAccount) -> Problem:
    """Return the refusal of a trust whose principal another account creates only after this one has ended."""
    names = f"The {_name_trust(line, account)} names {arn}, which {creator.label} creates later"
    summary = f"{names}, in wave {creator.wave}."
    hint = f"Put {creator.name} into wave {account.wave} or an earlier one."
    if creator.wave == account.wave:
        summary = f"{names}: {account.name} is a canary of wave {account.wave}, and {creator.name} is none."
        hint = f"Write `canary: true` for {creator.name}, too, or put it into an earlier wave."
    return Problem(Level.ERROR, "cross-account-order", summary, _UNKNOWN, hint, line.place, line.role)


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
