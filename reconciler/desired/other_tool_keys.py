"""Recognize keys of CloudFormation and Terraform in a file, and name the key to write instead.

Sources: AWS CloudFormation User Guide (AWS::IAM::Role, User, Group, ManagedPolicy, InstanceProfile, OIDCProvider,
SAMLProvider), whose names are those of the IAM API; Terraform's aws_iam_role and similar resources.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

_CLOUDFORMATION = "CloudFormation"
_TERRAFORM = "Terraform"

_NAME_ABOVE = "the name is the key above: `{section}: {{NAME: …}}`"

_KEYS: Mapping[str, tuple[str, str, str]] = {
    "AssumeRolePolicyDocument": (_CLOUDFORMATION, "trust_policy", ""),
    "ManagedPolicyArns": (_CLOUDFORMATION, "policies", ""),
    "PermissionsBoundary": (_CLOUDFORMATION, "permissions_boundary", ""),
    "Policies": (_CLOUDFORMATION, "inline_policies", "`inline_policies: {NAME: document}`"),
    "PolicyDocument": (_CLOUDFORMATION, "document", ""),
    "MaxSessionDuration": (_CLOUDFORMATION, "max_session_duration", ""),
    "Path": (_CLOUDFORMATION, "path", ""),
    "Description": (_CLOUDFORMATION, "description", ""),
    "Groups": (_CLOUDFORMATION, "groups", ""),
    "Tags": (_CLOUDFORMATION, "tags", "`tags: {KEY: VALUE}`, without Key and Value"),
    "ClientIdList": (_CLOUDFORMATION, "client_ids", ""),
    "ThumbprintList": (_CLOUDFORMATION, "thumbprints", ""),
    "SamlMetadataDocument": (_CLOUDFORMATION, "metadata", ""),
    "LoginProfile": (_CLOUDFORMATION, "console", ""),
    "assume_role_policy": (_TERRAFORM, "trust_policy", ""),
    "managed_policy_arns": (_TERRAFORM, "policies", ""),
    "inline_policy": (_TERRAFORM, "inline_policies", "`inline_policies: {NAME: document}`"),
    "policy": (_TERRAFORM, "document", ""),
    "client_id_list": (_TERRAFORM, "client_ids", ""),
    "thumbprint_list": (_TERRAFORM, "thumbprints", ""),
    "saml_metadata_document": (_TERRAFORM, "metadata", ""),
}
"""Key → the tool it belongs to, our key, and how to write the value if its form differs from ours."""

_NAMES = ("RoleName", "UserName", "GroupName", "PolicyName", "ManagedPolicyName", "InstanceProfileName")

_CLOUDFORMATION_TOP = (
    "AWSTemplateFormatVersion",
    "Resources",
    "Parameters",
    "Outputs",
    "Conditions",
    "Transform",
    "Mappings",
)
_TERRAFORM_TOP = ("resource", "provider", "variable", "locals", "module", "data", "terraform")


def explain_key(key: str, allowed_keys: Collection[str], section: str) -> str:
    """Return a hint for a key of another tool; "" for any other key, and for one without a counterpart here.

    allowed_keys: the keys that the mapping may have. section: the top-level key above; "" for a top-level key.
    """
    if not section:
        if key in _CLOUDFORMATION_TOP:
            return _explain_top_key(_CLOUDFORMATION, allowed_keys)
        return _explain_top_key(_TERRAFORM, allowed_keys) if key in _TERRAFORM_TOP else ""
    if key in _NAMES or (key == "name" and key not in allowed_keys):
        return f"Remove it: {_NAME_ABOVE.format(section=section)}."
    if key == "Properties" or (key == "Type" and "path" in allowed_keys):
        return "This key belongs to CloudFormation: write the entries of Properties here, with the keys of reconcile."
    tool, ours, form = _KEYS.get(key, ("", "", ""))
    return f"This key belongs to {tool}: write {form or f'`{ours}`'}." if ours in allowed_keys else ""


def _explain_top_key(tool: str, allowed_keys: Collection[str]) -> str:
    sections = _list_sections(allowed_keys)
    return f"This key belongs to {tool}. Write {sections}; `reconcile export` writes a live account as a file."


def _list_sections(allowed_keys: Collection[str]) -> str:
    sections = [f"`{name}`" for name in ("users", "groups", "roles", "policies") if name in allowed_keys]
    return ", ".join(sections)
