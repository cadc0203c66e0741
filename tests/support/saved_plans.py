"""Do in memory what `app/saved_plan.py` does: save a plan, and read a part of the account, from a State."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.live import LiveDetails, State
from reconciler.model.plan import Plan
from reconciler.plan.followup_reads import find_followup_reads
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.read_scope import find_unread, is_insufficient, needs_whole_account
from reconciler.plan.saved.saved_plan import (
    SavedPlan,
    compare_with_live,
    read_saved_plan,
    rebuild_plan,
    to_saved_section,
    use_saved_spelling,
)
from reconciler.render.plan_json import plan_to_dict


def saved_of(plan: Plan) -> SavedPlan:
    """Return a plan as it would be read back from a file."""
    return read_saved_plan(json.loads(json.dumps(plan_to_dict(plan) | {"saved": to_saved_section(plan)})))


def read_part(saved: SavedPlan, live: State) -> State | None:
    """Return the part of `live` that reading single entities gives; None if the whole account would be read."""
    if needs_whole_account(saved):
        return None
    part = State(
        live.account,
        live.partition,
        {},
        LiveDetails(caller=live.details.caller, quotas=live.details.quotas),
        frozenset(),
    )
    while missing := find_unread(saved, part):
        part = add_entities(part, missing, live)
    return None if is_insufficient(saved, part) else answer_questions(saved, part, live)


def add_entities(part: State, addresses: Iterable[Address], live: State) -> State:
    listed = frozenset(addresses)
    found = {address: live.entities[address] for address in listed if address in live.entities}
    versions = {address: live.details.versions[address] for address in listed if address in live.details.versions}
    facts = replace(
        part.details,
        versions={**part.details.versions, **versions},
        fully_read=part.details.fully_read | found.keys(),
    )
    known = (part.known_addresses or frozenset()) | listed
    return replace(part, entities={**part.entities, **found}, details=facts, known_addresses=known)


def answer_questions(saved: SavedPlan, part: State, live: State) -> State:
    """Return the part with the results of the plan's follow-up reads, taken from `live`."""
    questions, facts = find_followup_reads(compare_with_live(saved, part)), live.details
    return replace(
        part,
        details=replace(
            part.details,
            devices={address: facts.devices.get(address, ()) for address in questions.devices},
            external_policies={arn: facts.external_policies.get(arn, False) for arn in questions.policies},
            console_passwords={address: facts.console_passwords.get(address, False) for address in questions.passwords},
            access_keys={address: facts.access_keys.get(address) for address in questions.access_keys},
        ),
    )


def plan_again(saved: SavedPlan, live: State, allowed: PlanOptions | None = None) -> Plan:
    return rebuild_plan(saved, use_saved_spelling(saved, live), allowed or PlanOptions())
