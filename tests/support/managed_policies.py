"""AWS's own policies, as moto ships them, for tests that hold reconcile's lists and rules against them."""

from __future__ import annotations

import json
from functools import cache
from importlib.metadata import version
from typing import Any

import pytest

_NEEDED = (5, 2)
"""Older releases of moto ship policies that AWS has mended since, and far fewer (`make test-lowest`)."""


@cache
def read_managed_policies() -> dict[str, dict[str, Any]]:
    """Return the policies by name, each with its `Path` and `Document`. Skip the test without a moto that has them."""
    module = pytest.importorskip("moto.iam.aws_managed_policies")
    if tuple(int(part) for part in version("moto").split(".")[:2]) < _NEEDED:
        pytest.skip(f"moto {version('moto')} ships old policies")
    policies: dict[str, dict[str, Any]] = json.loads(module.aws_managed_policies_data)
    return policies


def read_managed_documents() -> dict[str, dict[str, Any]]:
    """Return the documents of the policies by name."""
    return {name: policy["Document"] for name, policy in read_managed_policies().items()}
