"""A saved plan is shown exactly as the plan that was saved, in every format."""

from __future__ import annotations

import json
from collections.abc import Callable

from hypothesis import given

from reconciler.model.desired import Desired
from reconciler.model.live import State
from reconciler.model.plan import Plan
from reconciler.plan.build import build_plan
from reconciler.plan.options import PlanOptions
from reconciler.plan.saved.saved_plan import read_saved_plan, to_saved_section
from reconciler.plan.saved.shown_plan import restore_plan
from reconciler.render.aws_cli import render_plan_commands
from reconciler.render.plan_json import plan_to_dict, render_plan_json
from reconciler.render.plan_markdown import render_plan_markdown
from reconciler.render.plan_text import render_plan_text
from reconciler.render.problems import render_github
from tests.support.examples import examples
from tests.support.strategies import worlds

RENDERERS: tuple[Callable[[Plan], str], ...] = (
    render_plan_text,
    render_plan_json,
    render_plan_markdown,
    render_plan_commands,
    lambda plan: render_github(plan.findings),
)


@examples(30)
@given(worlds())
def test_a_saved_plan_is_shown_as_it_was_made(pair: tuple[Desired, State]) -> None:
    desired, live = pair
    plan = build_plan(desired, live, PlanOptions(report_unmanaged=True))
    document = json.loads(json.dumps(plan_to_dict(plan) | {"saved": to_saved_section(plan)}))
    restored = restore_plan(document, read_saved_plan(document))
    for render in RENDERERS:
        assert render(restored) == render(plan)
