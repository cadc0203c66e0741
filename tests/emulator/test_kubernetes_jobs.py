"""The manifests of docs/kubernetes.md: valid for Kubernetes' API, and what their pods run, one after the other."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.docs.pages import ROOT
from tests.support.account import Account, Result
from tests.support.kubernetes_schemas import make_validator

MANIFESTS = sorted((ROOT / "examples/organization/kubernetes").glob("*.yaml"))
DEFINITIONS = {
    "Job": "io.k8s.api.batch.v1.Job",
    "ServiceAccount": "io.k8s.api.core.v1.ServiceAccount",
    "PersistentVolumeClaim": "io.k8s.api.core.v1.PersistentVolumeClaim",
}
FILE = """\
version: 1
owner: platform
organization:
  role: reconciler
  external_id: example-org-7f3a
  accounts:
    dev: {id: "222222222222"}
    test: {id: "444444444444"}
    prod: {id: "333333333333", wave: 2}
roles:
  app: {trust: [{services: [ec2.amazonaws.com]}]}
"""


def read_objects(path: Path) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all(path.read_text(encoding="utf-8")))


def read_job(name: str) -> dict[str, Any]:
    """Return the spec of the job in a manifest."""
    path = ROOT / f"examples/organization/kubernetes/{name}.yaml"
    (spec,) = [one["spec"] for one in read_objects(path) if one["kind"] == "Job"]
    result: dict[str, Any] = spec
    return result


def test_the_api_of_kubernetes_takes_every_object() -> None:
    """The schemas are those of Kubernetes 1.37. A job has rules that they lack, which are asserted here."""
    objects = [one for path in MANIFESTS for one in read_objects(path)]
    assert {one["kind"] for one in objects} == set(DEFINITIONS)
    for kind, definition in DEFINITIONS.items():
        validator = make_validator(definition)
        for one in (one for one in objects if one["kind"] == kind):
            assert [error.message for error in validator.iter_errors(one)] == []
            assert list(validator.iter_errors(one | {"specs": {}})) != []
    for job in (read_job("plan"), read_job("apply")):
        assert (job["completionMode"], job["template"]["spec"]["restartPolicy"]) == ("Indexed", "Never")
        assert job["completions"] == job["parallelism"] == int(args_of(job)[args_of(job).index("--shards") + 1])
        assert "backoffLimit" not in job, "backoffLimitPerIndex counts"


def args_of(job: dict[str, Any]) -> list[str]:
    (container,) = job["template"]["spec"]["containers"]
    args: list[str] = container["args"]
    return args


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_pod_has_no_rights_in_the_cluster_and_writes_only_its_volumes(path: Path) -> None:
    pod = read_job(path.stem)["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] is True
    user = f"{pod['securityContext']['runAsUser']}:{pod['securityContext']['runAsGroup']}"
    assert f"\nUSER {user}\n" in (ROOT / "Containerfile").read_text(encoding="utf-8")
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    mounted = {mount["name"] for mount in container["volumeMounts"]}
    assert mounted == {volume["name"] for volume in pod["volumes"]} >= {"plans", "home", "tmp"}


def test_the_pods_plan_report_and_apply_and_one_that_dies_runs_again_alone(account: Account) -> None:
    """The files lie as Kubernetes mounts a ConfigMap: links into a folder that is a link itself."""
    account.write(FILE, "iam/..2026_11_30/org.yaml")
    (account.folder / "iam/..data").symlink_to("..2026_11_30")
    (account.folder / "iam/org.yaml").symlink_to("..data/org.yaml")

    def run_pod(name: str, index: int | None = None) -> Result:
        words = shlex.join(args_of(read_job(name))).replace("/iam/", "iam/").replace("/plans/run", "plans/run")
        variables = {} if index is None else {"JOB_COMPLETION_INDEX": str(index)}
        return account.run_cli(*shlex.split(words), **variables)

    number = read_job("plan")["completions"]
    assert [run_pod("plan", index).code for index in range(number) if index != 1] == [0] * (number - 1)
    report = run_pod("report")
    assert (report.code, "No results: 2/8." in report.out) == (1, True)
    assert run_pod("apply", 0).code == 1, "nothing is applied while a part is missing"
    assert run_pod("plan", 1).code == 0
    assert run_pod("report").code == 0
    applied = [run_pod("apply", index) for index in range(number)]
    assert [one.code for one in applied] == [0] * number, applied
    assert "wave 2" in run_pod("report").out, "the second wave has not been applied"
