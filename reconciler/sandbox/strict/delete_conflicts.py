"""Refuse to delete an entity that others depend on (DeleteConflict).

Certificates and hardware MFA devices are known to the emulator only, so it is asked about them. Everything else is in
the ledger and the keyring.
Sources: IAM API Reference, DeletePolicy, DeleteGroup, DeleteUser, DeleteRole, DeleteInstanceProfile,
DeleteVirtualMFADevice; IAM User Guide, "Deleting an IAM user (AWS CLI)".
"""

from __future__ import annotations

from reconciler.sandbox.query_protocol import AwsError, Reply, list_members
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall
from reconciler.sandbox.strict.ledger import GROUP, MFA, POLICY, PROFILE, ROLE, USER, IamEntity

CREDENTIALS = (
    ("ListMFADevices", "MFADevices", "must delete MFA device first."),
    ("ListSigningCertificates", "Certificates", "must delete signing certificates first."),
    ("ListSSHPublicKeys", "SSHPublicKeys", "must delete SSH public keys first."),
)


def delete_conflict_error(message: str) -> AwsError:
    return AwsError("DeleteConflict", message, status=409)


def _cannot_delete_error(reason: str) -> AwsError:
    return delete_conflict_error(f"Cannot delete entity, {reason}")


def _check_no_policies(entity: IamEntity) -> None:
    if entity.attached_policies:
        raise _cannot_delete_error("must detach all policies first.")
    if entity.inline_sizes:
        raise _cannot_delete_error("must delete policies first.")


def _has_members(reply: Reply, list_name: str) -> bool:
    return reply.ok and any(list_members(reply.result, list_name))


def check_user_deletion(call: ApiCall) -> None:
    user = call.find_entity(USER)
    if user is None:
        return
    if user.groups:
        raise _cannot_delete_error("must remove users from group first.")
    _check_no_policies(user)
    if call.invoke("GetLoginProfile", UserName=user.name).ok:
        raise _cannot_delete_error("must delete login profile first.")
    if call.keyring.keys_of(user):
        raise _cannot_delete_error("must delete access keys first.")
    for action, list_name, reason in CREDENTIALS:
        if _has_members(call.invoke(action, UserName=user.name), list_name):
            raise _cannot_delete_error(reason)
    if user.service_credentials:
        raise _cannot_delete_error("must remove referenced objects first.")


def check_group_deletion(call: ApiCall) -> None:
    group = call.find_entity(GROUP)
    if group is None:
        return
    if call.ledger.members_of(group):
        raise _cannot_delete_error("must remove users from group first.")
    _check_no_policies(group)


def check_role_deletion(call: ApiCall) -> None:
    role = call.find_entity(ROLE)
    if role is None:
        return
    if _has_members(call.invoke("ListInstanceProfilesForRole", RoleName=role.name), "InstanceProfiles"):
        raise _cannot_delete_error("must remove roles from instance profile first.")
    _check_no_policies(role)


def check_profile_deletion(call: ApiCall) -> None:
    profile = call.find_entity(PROFILE)
    if profile is None:
        return
    element = call.invoke("GetInstanceProfile", InstanceProfileName=profile.name).result.find("InstanceProfile")
    if element is not None and any(list_members(element, "Roles")):
        raise _cannot_delete_error("must remove roles from instance profile first.")


def check_policy_deletion(call: ApiCall) -> None:
    policy = call.find_entity(POLICY)
    if policy is None:
        return
    if call.ledger.find_attached(policy.arn) or call.ledger.find_bounded(policy.arn):
        raise delete_conflict_error("Cannot delete a policy attached to entities.")
    if len(list(list_members(call.invoke("ListPolicyVersions", PolicyArn=policy.arn).result, "Versions"))) > 1:
        raise delete_conflict_error(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )


def check_device_deletion(call: ApiCall) -> None:
    device = call.find_entity(MFA)
    if device is not None and device.holder is not None:
        raise delete_conflict_error("MFA VirtualDevice in use. Must deactivate first.")


RULES = ActionRules(
    checks={
        "DeleteUser": check_user_deletion,
        "DeleteGroup": check_group_deletion,
        "DeleteRole": check_role_deletion,
        "DeleteInstanceProfile": check_profile_deletion,
        "DeletePolicy": check_policy_deletion,
        "DeleteVirtualMFADevice": check_device_deletion,
    }
)
