"""Rules about the short form of a trust (`trust:`) and about who may come in."""

from __future__ import annotations

from reconciler.model.problem import Level
from reconciler.rules.rule import Rule
from reconciler.rules.sources import IAM_API, IAM_GUIDE, STS_API

RULES = (
    Rule(
        "bad-external-id",
        Level.ERROR,
        title="An external id has a form that AWS refuses",
        why=(
            "AWS takes 2 to 1224 letters, digits and `+ = , . @ : / _ -`. With another one nobody could assume the "
            "role."
        ),
        how_to_fix="Write an external id of that form.",
        source=f"{STS_API}/API_AssumeRole.html",
    ),
    Rule(
        "bad-principal",
        Level.ERROR,
        title="A principal of a trust rule has the wrong form",
        why="IAM refuses a trust whose principal it cannot read, and the role would not be created.",
        how_to_fix=(
            "Write a principal of the kind that the message names: a name of this file, an ARN, an account of 12 "
            "digits or a service such as `ec2.amazonaws.com`."
        ),
        source=f"{IAM_GUIDE}/reference_policies_elements_principal.html",
    ),
    Rule(
        "bare-principal-in-trust",
        Level.WARNING,
        title='A trust has a bare `"*"` as Principal',
        why="AWS does not say that a role's trust may be written so, and IAM Access Analyzer objects to it.",
        how_to_fix='Write `{"AWS": "*"}`, and narrow it by a condition.',
        source=f"{IAM_GUIDE}/access-analyzer-reference-policy-checks.html",
    ),
    Rule(
        "foreign-provider",
        Level.WARNING,
        title="A trust names an identity provider of another account",
        why="A role trusts only providers of its own account, so nobody can come in through this statement.",
        how_to_fix="Create the provider in the role's account, and name its ARN there.",
        source=f"{IAM_GUIDE}/id_roles_create_for-idp_oidc.html",
    ),
    Rule(
        "oidc-claim-not-narrowed",
        Level.WARNING,
        title="A condition only says which tokens may not come in",
        why="Many organizations share this issuer. A negative condition lets the tokens of all the others in.",
        how_to_fix="Add a condition StringEquals or StringLike that names your own organization, as the message shows.",
        source=f"{IAM_GUIDE}/id_roles_providers_oidc_secure-by-default.html",
    ),
    Rule(
        "oidc-subject-look-alike",
        Level.WARNING,
        title="A GitHub subject matches organizations whose names look alike",
        why=(
            "A wildcard inside the organization's name, as in `repo:acme*/app`, also matches organizations that "
            "anybody can register."
        ),
        how_to_fix="Spell the organization out, and put wildcards only behind its `/`, as in `repo:acme/*`.",
        source=f"{IAM_GUIDE}/id_roles_create_for-idp_oidc.html",
    ),
    Rule(
        "oidc-subject-too-wide",
        Level.WARNING,
        title="A condition lets everybody at a shared issuer in",
        why="Tokens of any organization at the issuer match, not only yours.",
        how_to_fix="Name the organization and the repository or project, or remove the wildcard value.",
        source=f"{IAM_GUIDE}/id_roles_create_for-idp_oidc.html",
    ),
    Rule(
        "oidc-without-audience",
        Level.ERROR,
        title="No condition says which audience of a shared issuer is yours",
        why="Every customer of the issuer could assume the role. IAM refuses the trust.",
        how_to_fix="Add a condition on `ISSUER:aud` with the value of your tokens, as the message shows.",
        source=f"{IAM_GUIDE}/id_roles_providers_oidc_secure-by-default.html",
    ),
    Rule(
        "oidc-without-session-name",
        Level.ERROR,
        title="No condition says which sessions of a shared issuer are yours",
        why="Every customer of the issuer could assume the role. IAM refuses the trust.",
        how_to_fix="Add a condition on the key that the message names, as it shows.",
        source=f"{IAM_GUIDE}/id_roles_providers_oidc_secure-by-default.html",
    ),
    Rule(
        "oidc-without-subject",
        (Level.ERROR, Level.WARNING),
        title="No condition says which subject of a shared issuer is yours",
        why=(
            "Every customer of the issuer could assume the role. IAM refuses the trust. For the issuer of one GitHub "
            "enterprise it takes the trust, and any repository there comes in."
        ),
        how_to_fix="Add a condition on `ISSUER:sub` that names your organization, as in StringLike `repo:ORG/REPO:*`.",
        source=f"{IAM_GUIDE}/id_roles_providers_oidc_secure-by-default.html",
    ),
    Rule(
        "service-needs-action",
        Level.WARNING,
        title="A trust lacks an action that the service needs",
        why=(
            "Some services assume their role with more than sts:AssumeRole. Without the other action they cannot use "
            "it."
        ),
        how_to_fix="Write `Action` as the message shows, for example `[sts:AssumeRole, sts:TagSession]`.",
    ),
    Rule(
        "trust-action-wildcard",
        Level.WARNING,
        title="An action of a trust has a wildcard",
        why="AWS does not say that a trust may have one, and an action that it matches later would be allowed unseen.",
        how_to_fix="Write the actions out, as in `sts:AssumeRole`.",
        source=f"{IAM_GUIDE}/reference_policies_elements_action.html",
    ),
    Rule(
        "trust-action-without-effect",
        Level.WARNING,
        title="An action has no effect in a trust",
        why=(
            "A trust says who may assume the role. IAM takes other actions of STS there, but they allow nobody "
            "anything."
        ),
        how_to_fix="Remove the action. Write what the role may do into its policies.",
        source=f"{IAM_GUIDE}/reference_policies_elements_action.html",
    ),
    Rule(
        "trust-audience",
        Level.WARNING,
        title="A rule accepts only the default audience, at an issuer whose audience names the tenant",
        why=(
            "The tokens of this issuer say in `aud` whose they are. With `sts.amazonaws.com` alone, the rule does not "
            "say which tenant is yours."
        ),
        how_to_fix="Write whose tokens are good, as in `audiences: [VALUE]`.",
        source=f"{IAM_GUIDE}/id_roles_providers_oidc_secure-by-default.html",
    ),
    Rule(
        "trust-missing",
        Level.ERROR,
        title="A role has no trust, or two",
        why=(
            "Without a trust nobody can assume the role, and IAM does not create it. With `trust` and `trust_policy` "
            "it is unclear which one holds."
        ),
        how_to_fix="Write who may assume it under `trust:`, or a whole document under `trust_policy:`, not both.",
        source=f"{IAM_API}/API_CreateRole.html",
    ),
    Rule(
        "trust-principal",
        Level.ERROR,
        title="A trust rule does not name exactly one kind of principal",
        why=(
            "Conditions of a rule hold for its one kind of principal. With none or two it is unclear who is let in "
            "under which condition."
        ),
        how_to_fix=(
            "Write one of `users`, `roles`, `accounts`, `services`, `oidc`, `saml`, `anyone`, and a rule of its own "
            "for each kind."
        ),
    ),
    Rule(
        "trust-rule",
        Level.ERROR,
        title="A trust rule combines what cannot work together",
        why=(
            "The rule would let nobody in (MFA for roles: their sessions carry none), or everybody (`anyone` or `oidc` "
            "without a restriction)."
        ),
        how_to_fix=(
            "Follow the hint of the message: remove the key that does not fit, or say who is meant by `subjects` or "
            "`conditions`."
        ),
        source=f"{IAM_GUIDE}/id_roles_create_for-idp_oidc.html",
    ),
    Rule(
        "trust-to-anyone",
        Level.WARNING,
        title="Everybody may assume the role, from any AWS account",
        why=(
            "Any person with any AWS account can use the role's permissions. A condition that strangers can meet, such "
            "as one on tags or on names in any account, does not change that."
        ),
        how_to_fix="Name the principals, or narrow the statement by a condition such as aws:PrincipalOrgID.",
        source=f"{IAM_GUIDE}/access-analyzer-reference-policy-checks.html",
    ),
)
