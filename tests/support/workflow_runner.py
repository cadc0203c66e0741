"""Run a workflow of GitHub Actions here: its jobs in order, their conditions, and each `run` with GitHub's own bash.

An action (`uses`) is a function here, by its name. This is not GitHub's runner: it has no services and no containers, a
matrix is one that `fromJSON` reads from an output, and an expression may have only what `evaluate` translates.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_TOKEN = re.compile(r"'(?:[^']|'')*'|&&|\|\||!=|==|!|[()]|[\w.-]+")
_STATUS = re.compile(r"\b(?:always|cancelled|failure|success)\(")


@dataclass
class JobResult:
    """result: success, failure or skipped; environment: the one that it was given, evaluated."""

    result: str
    outputs: dict[str, str] = field(default_factory=dict)
    environment: str = ""
    output: str = ""


@dataclass
class JobContext:
    """What an action gets: the inputs of the step, the workspace, and the environment of the steps after it."""

    inputs: Mapping[str, str]
    workspace: Path
    environment: dict[str, str]


Action = Callable[[JobContext], None]


class ActionFailed(Exception):
    """An action ends its step with this."""


@dataclass
class WorkflowRun:
    """One event. github: the context of that name; actions: name without version → what it does.

    parts: the result of each job, those of a matrix by their number: `plan-0`. earlier: those of an earlier attempt;
    what succeeded there is run again only if it needs a job that is. fresh: the jobs that ran in this attempt.
    """

    workflow: Mapping[Any, Any]
    github: Mapping[str, Any]
    actions: Mapping[str, Action]
    environment: Mapping[str, str]
    folder: Path
    jobs: dict[str, JobResult] = field(default_factory=dict)
    parts: dict[str, JobResult] = field(default_factory=dict)
    earlier: Mapping[str, JobResult] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)

    def run(self) -> dict[str, JobResult]:
        """Run the jobs; they stand in the order of their `needs`."""
        for name, job in self.workflow["jobs"].items():
            self.jobs[name] = self._run_job(name, job)
        return self.jobs

    def _run_job(self, name: str, job: Mapping[str, Any]) -> JobResult:
        needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
        values: dict[str, Any] = {
            "github": self.github,
            "needs": {one: {"outputs": self.jobs[one].outputs, "result": self.jobs[one].result} for one in needs},
        }
        good = all(self.jobs[one].result == "success" for one in needs)
        if not is_met(job.get("if"), values, good):
            return JobResult("skipped")
        matrix = job.get("strategy", {}).get("matrix")
        if matrix is None:
            return self._run_part(name, name, job, values)
        rows = read_matrix(matrix, values)
        for index, row in enumerate(rows):
            texts = {key: str(value) for key, value in row.items()}
            own = values | {"matrix": texts, "strategy": {"job-index": str(index)}}
            self._run_part(name, f"{name}-{index}", job, own)
        mine = [self.parts[f"{name}-{index}"] for index in range(len(rows))]
        result = "success" if all(one.result == "success" for one in mine) else "failure"
        return JobResult(result, output="".join(one.output for one in mine))

    def _run_part(self, name: str, part: str, job: Mapping[str, Any], values: Mapping[str, Any]) -> JobResult:
        known = self.earlier.get(part)
        if known is None or known.result != "success" or self.fresh & values["needs"].keys():
            known = self._run_steps(part, job, values)
            self.fresh.add(name)
        self.parts[part] = known
        return known

    def _run_steps(self, name: str, job: Mapping[str, Any], values: Mapping[str, Any]) -> JobResult:
        workspace = self.folder / name
        workspace.mkdir(parents=True)
        values = {**values, "steps": {}, "github": {**values["github"], "workspace": str(workspace)}}
        context = JobContext({}, workspace, dict(self.environment))
        result = JobResult("success", environment=fill(job.get("environment", ""), values))
        for step in job["steps"]:
            if is_met(step.get("if"), values, result.result == "success"):
                succeeded = self._run_step(step, values, context, result)
                if not succeeded and not step.get("continue-on-error"):
                    result.result = "failure"
        result.outputs = {key: fill(text, values) for key, text in job.get("outputs", {}).items()}
        return result

    def _run_step(
        self, step: Mapping[str, Any], values: dict[str, Any], context: JobContext, result: JobResult
    ) -> bool:
        outputs = context.workspace.with_suffix(".output")
        outputs.write_text("")
        summary = context.workspace.with_suffix(".summary")
        environment = context.environment | {"GITHUB_OUTPUT": str(outputs), "GITHUB_STEP_SUMMARY": str(summary)}
        if "uses" in step:
            context.inputs = {key: fill(text, values) for key, text in step.get("with", {}).items()}
            try:
                self.actions[step["uses"].partition("@")[0]](context)
                succeeded = True
            except ActionFailed:
                succeeded = False
        else:
            environment |= {key: fill(text, values) for key, text in step.get("env", {}).items()}
            assert "${{" not in step["run"], "an expression in a script is an injection"
            shell = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
            done = subprocess.run(
                shell, cwd=context.workspace, env=environment, capture_output=True, text=True, timeout=120, check=False
            )
            result.output += done.stdout + done.stderr
            succeeded = done.returncode == 0
        if "id" in step:
            lines = (line.partition("=") for line in outputs.read_text().splitlines())
            outcome = "success" if succeeded else "failure"
            values["steps"][step["id"]] = {"outputs": {key: text for key, _, text in lines}, "outcome": outcome}
        return succeeded


def is_met(condition: Any, values: Mapping[str, Any], good: bool) -> bool:
    """Return whether a job or step runs. good: whether all before it succeeded."""
    text = str(condition or "").removeprefix("${{").removesuffix("}}").strip()
    return bool(evaluate(text or "success()", values, good)) and (good or bool(_STATUS.search(text)))


def fill(text: Any, values: Mapping[str, Any]) -> str:
    """Return a text with the values of its `${{ … }}`."""
    return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(evaluate(found[1].strip(), values, True) or ""), str(text))


def evaluate(expression: str, values: Mapping[str, Any], good: bool) -> Any:
    """Return the value of an expression: comparisons, `&&`, `||`, `!`, names with dots, functions of the status."""
    functions = {"always": True, "cancelled": False, "failure": not good, "success": good}
    words = []
    assert not _TOKEN.sub("", expression).strip(), expression
    for token in _TOKEN.findall(expression):
        if token in functions:
            words.append(f"(lambda: {functions[token]})")
        elif token.startswith("'"):
            words.append(repr(token[1:-1].replace("''", "'")))
        elif re.match(r"[\w]", token):
            words.append(repr(_look_up(token, values)))
        else:
            words.append({"&&": " and ", "||": " or ", "!": " not "}.get(token, token))
    return eval("".join(words), {"__builtins__": {}})


def _look_up(name: str, values: Any) -> Any:
    """Return a value; "" if it is not there. GitHub's null equals "", and both are false."""
    for part in name.split("."):
        values = values.get(part, "") if isinstance(values, Mapping) else ""
    return values


def read_matrix(matrix: str, values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the rows of `${{ fromJSON(…) }}`, which has only `include`."""
    (expression,) = re.fullmatch(r"\$\{\{ fromJSON\((.+)\) \}\}", matrix).groups()  # type: ignore[union-attr]
    document = json.loads(evaluate(expression, values, True))
    assert document.keys() == {"include"}
    rows: list[dict[str, Any]] = document["include"]
    return rows


def read_workflow(text: str) -> Mapping[Any, Any]:
    """Return a workflow. Its key `on` is True to YAML 1.1, which PyYAML reads."""
    workflow: Mapping[Any, Any] = yaml.safe_load(text)
    return workflow
