"""A saved plan in memory, and a reader of a part of the account that reads from a State: what `app/saved.py` does."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace

from reconciler.model.address import Address
from reconciler.model.live import Facts, State
from reconciler.model.plan import Plan
from reconciler.plan.options import Allowed
from reconciler.plan.reach import is_too_little, needs_everything, unread
from reconciler.plan.saved import Saved, as_saved, read_saved, rebuilt, saved_part, saved_questions
from reconciler.render.plan_json import plan_dict


def saved_of(plan: Plan) -> Saved:
    """As it reads back from a file."""
    return read_saved(json.loads(json.dumps(plan_dict(plan) | {"saved": saved_part(plan)})))


def part_of(saved: Saved, live: State) -> State | None:
    """What a reader of single entities would show of `live`; None where it reads the whole account."""
    if needs_everything(saved):
        return None
    part = State(
        live.account, live.partition, {}, Facts(caller=live.facts.caller, quotas=live.facts.quotas), frozenset()
    )
    while missing := unread(saved, part):
        part = with_more(part, missing, live)
    return None if is_too_little(saved, part) else asked(saved, part, live)


def with_more(part: State, addresses: Iterable[Address], live: State) -> State:
    listed = frozenset(addresses)
    found = {address: live.entities[address] for address in listed if address in live.entities}
    versions = {address: live.facts.versions[address] for address in listed if address in live.facts.versions}
    facts = replace(
        part.facts,
        versions={**part.facts.versions, **versions},
        detailed=part.facts.detailed | found.keys(),
    )
    known = (part.known or frozenset()) | listed
    return replace(part, entities={**part.entities, **found}, facts=facts, known=known)


def asked(saved: Saved, part: State, live: State) -> State:
    """With the answers to the plan's questions, as `live` knows them."""
    questions, facts = saved_questions(saved, part), live.facts
    return replace(
        part,
        facts=replace(
            part.facts,
            devices={address: facts.devices.get(address, ()) for address in questions.devices},
            outside_policies={arn: facts.outside_policies.get(arn, False) for arn in questions.policies},
            consoles={address: facts.consoles.get(address, False) for address in questions.passwords},
            access_keys={address: facts.access_keys.get(address) for address in questions.access_keys},
        ),
    )


def again(saved: Saved, live: State, allowed: Allowed | None = None) -> Plan:
    return rebuilt(saved, as_saved(saved, live), allowed or Allowed())
