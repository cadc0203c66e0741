"""Keys of other tools that are pasted into a file, and what to write in their place.

From the AWS CloudFormation User Guide (AWS::IAM::Role, User, Group, ManagedPolicy, InstanceProfile, OIDCProvider,
SAMLProvider), which names them like the IAM API, and from Terraform's aws_iam_role and its like.
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
"""Key → whose it is, our key, and how it is written if its value has another form than ours."""

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


def explain_key(key: str, known: Collection[str], section: str) -> str:
    """Return a hint for a key of another tool; "" for a key of none, or one that has no like here.

    known: the keys that the mapping takes. section: the key at the top of the file; "" at the top itself.
    """
    if not section:
        if key in _CLOUDFORMATION_TOP:
            return (
                f"{key} is CloudFormation's. Write {_list_sections(known)}; `reconcile export` "
                "shows what is there as a file."
            )
        if key in _TERRAFORM_TOP:
            return (
                f"{key} is Terraform's. Write {_list_sections(known)}; `reconcile export` shows "
                "what is there as a file."
            )
        return ""
    if key in _NAMES or (key == "name" and key not in known):
        return f"Remove it: {_NAME_ABOVE.format(section=section)}."
    if key == "Properties" or (key == "Type" and "path" in known):
        return "That is CloudFormation's: write what stands under Properties, with the keys of reconcile."
    owner, ours, form = _KEYS.get(key, ("", "", ""))
    return f"That is {owner}'s key: write {form or f'`{ours}`'}." if ours in known else ""


def _list_sections(known: Collection[str]) -> str:
    sections = [f"`{name}`" for name in ("users", "groups", "roles", "policies") if name in known]
    return ", ".join(sections)
