"""Rules about the Principal element of a trust policy, and of a resource control policy."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_GUIDE, ORGANIZATIONS_GUIDE

RULES = (
    Rule(
        "account-not-quoted",
        Level.ERROR,
        title="An account id is a number, not a text",
        why="A number loses the leading zeros of an account id, and another account or none would be trusted.",
        how_to_fix='Quote it, as in `"012345678901"`.',
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "canonical-user-in-trust",
        Level.ERROR,
        title="A trust names a CanonicalUser",
        why="Only policies of S3 know canonical users. IAM refuses the trust.",
        how_to_fix="Name the account under `AWS`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "group-as-principal",
        Level.ERROR,
        title="A group is named as a principal",
        why="AWS does not take groups as principals and refuses the trust.",
        how_to_fix="Name the users, or trust the account and allow the group `sts:AssumeRole` on this role.",
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "invalid-principal",
        Level.ERROR,
        title="A principal has a form that AWS refuses",
        why="IAM refuses the whole policy for one principal that it cannot read.",
        how_to_fix=(
            "Write an ARN, an account id, a service such as `ec2.amazonaws.com`, or an identity provider, under its "
            "right kind."
        ),
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "missing-principal",
        Level.ERROR,
        title="A statement of a trust has no Principal",
        why="A trust says who may assume the role. Without a Principal it names nobody, and IAM refuses it.",
        how_to_fix='Add `Principal`, as in `{"AWS": "arn:aws:iam::123456789012:user/alice"}`.',
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "not-principal-in-trust",
        Level.ERROR,
        title="A trust uses NotPrincipal",
        why="IAM refuses NotPrincipal in the trust of a role.",
        how_to_fix=(
            "Name who is meant under `Principal`. To deny all but some, write a Deny with a condition on "
            "aws:PrincipalArn."
        ),
        source=f"{IAM_GUIDE}/reference_policies_elements_notprincipal.html",
    ),
    Rule(
        "principal-action-mismatch",
        Level.ERROR,
        title="No principal of the statement can call the action",
        why=(
            "Users and roles call AssumeRole, SAML and web identities call actions of their own. The statement allows "
            "nobody anything."
        ),
        how_to_fix="Write the action that fits the principal, as the message suggests.",
        source=f"{IAM_GUIDE}/id_roles_create_for-idp.html",
    ),
    Rule(
        "principal-not-allowed",
        Level.ERROR,
        title="A policy of an identity has a Principal",
        why="The policy holds for whoever it is attached to. IAM refuses it if it names a principal.",
        how_to_fix="Remove `Principal`. Write who may assume a role into the role's trust.",
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "principal-wildcard",
        Level.ERROR,
        title="A principal has a wildcard in it",
        why="AWS matches no patterns in principals: only `*` as a whole is taken, and IAM refuses the rest.",
        how_to_fix="Trust the account, and narrow it by a condition on aws:PrincipalArn, which takes patterns.",
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "resource-control-principal",
        Level.ERROR,
        title="A resource control policy names a principal",
        why="A resource control policy applies to everybody; AWS Organizations accepts only `*` as its principal.",
        how_to_fix=(
            'Write `Principal: "*"`. To spare or mean some, add a condition on aws:PrincipalArn or '
            "aws:PrincipalAccount."
        ),
        source=f"{ORGANIZATIONS_GUIDE}/orgs_manage_policies_rcps_syntax.html",
    ),
    Rule(
        "unknown-principal-type",
        Level.ERROR,
        title="A kind of principal does not exist",
        why="AWS knows `AWS`, `Service`, `Federated` (and for S3 `CanonicalUser`). IAM refuses the policy.",
        how_to_fix="Write `AWS`, `Service` or `Federated`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "unknown-service-principal",
        Level.WARNING,
        title="A service principal is not known",
        why=(
            "IAM refuses a trust in a service that it does not know, and a condition on the unknown name never matches."
        ),
        how_to_fix=(
            "Correct the name, as in `ec2.amazonaws.com`. If the service is newer than reconcile's list, ignore this."
        ),
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
)
