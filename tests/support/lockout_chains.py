"""The role chain of the lockout tables that ends in an emergency role: lobby → desk → hub → emergency."""

from __future__ import annotations

from reconciler.model.entity import Role
from tests.support.lockouts import Statement, allow, arn, deny, emergency_role, policy, role, trust

NO_STS = deny("sts:AssumeRole")
BOUNDED = {"permissions_boundary": arn("policy/bound")}
S3_ONLY, S3_AND_STS = policy("bound", allow("s3:*")), policy("bound", allow(["s3:*", "sts:AssumeRole"]))
BY_HUB = emergency_role(trust("role/hub"))


def hub(*statements: Statement, **more: object) -> Role:
    return role("hub", *statements, **more)


def desk(*statements: Statement, **more: object) -> Role:
    return role("desk", *statements, **more)


def lobby(*statements: Statement, **more: object) -> Role:
    return role("lobby", *statements, **more)


HUB = hub(trust("user/alice"))
BY_DESK, BY_LOBBY = hub(trust("role/desk")), desk(trust("role/lobby"))
