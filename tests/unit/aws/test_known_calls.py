"""A plan that the installed botocore cannot make is refused before anything is written, and says what to install."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import botocore
import botocore.session
import pytest

from reconciler.aws.known_calls import MIN_BOTOCORE, check_calls
from reconciler.model.address import Address
from reconciler.model.plan import Phase, Step
from reconciler.model.problem import ReconcileError
from tests.support.steps import bare_step

IAM = botocore.session.get_session().get_service_model("iam")
CONNECTION: Any = SimpleNamespace(iam=SimpleNamespace(meta=SimpleNamespace(service_model=IAM)))
APP = Address("role", "app")


def make_step(operation: str, **parameters: object) -> Step:
    return bare_step(APP, Phase.WIDEN, operation, parameters)


def test_calls_of_the_model_pass() -> None:
    check_calls(CONNECTION, [make_step("UpdateRole", RoleName="app", MaxSigninSessionDuration=3600)])


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (make_step("UpdateRole", RoleName="app", MaxFutureDuration=1), "MaxFutureDuration of UpdateRole"),
        (make_step("UpdateFutureProvider", Arn="a"), "UpdateFutureProvider"),
    ],
)
def test_a_call_beyond_the_model_is_refused_with_what_to_install(call: Step, named: str) -> None:
    with pytest.raises(ReconcileError) as caught:
        check_calls(CONNECTION, [call, call])
    (problem,) = caught.value.problems
    assert problem.code == "botocore-too-old"
    assert problem.summary.startswith(f"role/app needs {named}, which the installed botocore {botocore.__version__}")
    assert problem.hint == f"Install a newer one: pip install 'boto3>={MIN_BOTOCORE}'"


def test_the_version_in_the_hint_is_the_one_that_the_package_asks_for() -> None:
    project = tomllib.loads((Path(__file__).parents[3] / "pyproject.toml").read_text())["project"]
    floors = [match[1] for item in project["dependencies"] if (match := re.fullmatch(r"boto3>=([\d.]+)", item))]
    assert floors == [MIN_BOTOCORE]
