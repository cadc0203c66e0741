"""Rules about the Resource element: ARNs and what other tools left in them."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE, STS_API

RULES = (
    Rule(
        "account-in-arn",
        Level.ERROR,
        title="An ARN has an account although the resource has none",
        why="AWS refuses a policy with an account in the ARN of this resource, for example of an S3 bucket.",
        how_to_fix="Leave the field empty, as in `arn:aws:s3:::bucket`.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "bad-account-id",
        Level.WARNING,
        title="An account id has dashes or not 12 digits",
        why="It matches no account, so the statement never applies.",
        how_to_fix="Write 12 digits without dashes, or `{{ account_id }}`.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "foreign-placeholder",
        (Level.ERROR, Level.WARNING),
        title="A placeholder of another tool is left in the text",
        why=(
            "AWS fills in only its own variables, and reconcile only `{{ name }}`. A placeholder of Terraform, "
            "CloudFormation, a shell or a template would match nothing, or IAM refuses the policy."
        ),
        how_to_fix="Write the value, or a variable as in `{{ account_id }}`, as the message suggests.",
        source=f"{IAM_GUIDE}/reference_policies_variables.html",
    ),
    Rule(
        "invalid-iam-resource",
        Level.ERROR,
        title="An ARN of IAM names no type of resource",
        why="AWS refuses a policy whose IAM ARN does not begin its last part with a type such as `role/` or `user/`.",
        how_to_fix="Write, for example, `arn:aws:iam::123456789012:role/NAME`.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "invalid-resource",
        Level.ERROR,
        title="A Resource is neither an ARN nor `*`",
        why="AWS refuses the policy.",
        how_to_fix="Write `*`, or an ARN with six parts: `arn:aws:SERVICE:REGION:ACCOUNT:RESOURCE`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_resource.html",
    ),
    Rule(
        "legacy-arn",
        Level.ERROR,
        title="A short ARN has an empty part in the middle",
        why="IAM completes short ARNs, but refuses those with two colons together.",
        how_to_fix="Write all six parts, as the message shows: empty parts keep their colons.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "region-in-arn",
        Level.ERROR,
        title="An ARN has a region although the resource has none",
        why="AWS refuses a policy with a region in the ARN of this resource, for example of IAM or an S3 bucket.",
        how_to_fix="Leave the field empty, as in `arn:aws:s3:::bucket`.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "resource-and-not-resource",
        Level.ERROR,
        title="A statement has both Resource and NotResource",
        why="AWS takes one of the two at most and refuses the policy.",
        how_to_fix="Keep one of them.",
        source=f"{IAM_GUIDE}/reference_policies_elements_notresource.html",
    ),
    Rule(
        "resource-not-allowed",
        Level.ERROR,
        title="A trust policy has a Resource",
        why="A trust belongs to its role, which is its only resource. IAM refuses the trust.",
        how_to_fix="Remove `Resource`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_resource.html",
    ),
    Rule(
        "short-arn",
        Level.WARNING,
        title="An ARN has fewer than six parts",
        why="IAM fills the missing parts with `*`, which is often more than was meant.",
        how_to_fix="Write the complete ARN that the message shows, if that is what you mean.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "short-arn-in-session",
        Level.ERROR,
        title="A session policy has an ARN with fewer than six parts",
        why="STS completes no ARN and refuses the session policy, so the role could not be assumed.",
        how_to_fix="Write the complete ARN that the message shows.",
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "wildcard-in-arn-service",
        Level.ERROR,
        title="The service of an ARN is a wildcard",
        why="AWS refuses a policy with a wildcard where the service stands.",
        how_to_fix="Write one ARN for each service, or `*` for all.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
    Rule(
        "wildcard-in-iam-type",
        Level.WARNING,
        title="The type of an IAM resource is a pattern",
        why=(
            "AWS says that it takes `*` alone there, or a type that is written out, so a pattern such as `ro*/` may be "
            "refused."
        ),
        how_to_fix="Write one ARN for each type, such as `role/*`.",
        source=f"{IAM_GUIDE}/reference-arns.html",
    ),
)
