"""One AssumeRole call, and the attributes that a session passes on to the next one in a chain."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AssumeRoleCall:
    """One AssumeRole call, without MFA, which the sender adds. duration: in seconds; None for AWS's default, 1 hour."""

    alias: str
    role_arn: str
    session_name: str
    duration: int | None = None
    external_id: str | None = None
    source_identity: str | None = None
    session_tags: tuple[tuple[str, str], ...] = ()
    transitive_tags: tuple[str, ...] = ()
    policy: str | None = None
    policy_arns: tuple[str, ...] = ()

    @property
    def session_arn(self) -> str:
        """The ARN of the session that the call makes. It has the role's name, not its path (STS, AssumedRoleUser)."""
        _, partition, _, _, account, resource = self.role_arn.split(":", 5)
        name = resource.rpartition("/")[2]
        return f"arn:{partition}:sts::{account}:assumed-role/{name}/{self.session_name}"

    def to_parameters(self) -> dict[str, object]:
        """Return the parameters for boto3's `assume_role`; unset ones are absent, never empty."""
        optional = {
            "DurationSeconds": self.duration,
            "ExternalId": self.external_id,
            "SourceIdentity": self.source_identity,
            "Tags": [{"Key": key, "Value": value} for key, value in self.session_tags],
            "TransitiveTagKeys": list(self.transitive_tags),
            "Policy": self.policy,
            "PolicyArns": [{"arn": arn} for arn in self.policy_arns],
        }
        parameters: dict[str, object] = {"RoleArn": self.role_arn, "RoleSessionName": self.session_name}
        return parameters | {key: value for key, value in optional.items() if value}


@dataclass(frozen=True, slots=True)
class InheritedAttributes:
    """The source identity and tags that a session passes on to every later session of a chain.

    tags: only those that were set as transitive.
    known: False if the chain begins with a session that was made elsewhere, which may carry more.
    """

    source_identity: str = ""
    tags: tuple[tuple[str, str], ...] = ()
    known: bool = True


NOTHING_INHERITED = InheritedAttributes()
