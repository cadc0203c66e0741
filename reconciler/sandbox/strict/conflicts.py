"""DeleteConflict: an entity goes only when nothing hangs on it.

Sources: IAM API Reference, DeletePolicy, DeleteGroup, DeleteUser, DeleteRole, DeleteInstanceProfile,
DeleteVirtualMFADevice; IAM User Guide, "Deleting an IAM user (AWS CLI)". Certificates and
hardware devices are the emulator's to know, so it is asked; the rest is in the ledger and the keyring.
"""

from __future__ import annotations

from reconciler.sandbox.strict.call import Call, Rules
from reconciler.sandbox.strict.ledger import GROUP, MFA, POLICY, PROFILE, ROLE, USER, Entity
from reconciler.sandbox.wire import Refusal, Reply, members

CREDENTIALS = (
    ("ListMFADevices", "MFADevices", "must delete MFA device first."),
    ("ListSigningCertificates", "Certificates", "must delete signing certificates first."),
    ("ListSSHPublicKeys", "SSHPublicKeys", "must delete SSH public keys first."),
)


def conflict(message: str) -> Refusal:
    return Refusal("DeleteConflict", message, status=409)


def _in_the_way(why: str) -> Refusal:
    return conflict(f"Cannot delete entity, {why}")


def _policies(entity: Entity) -> None:
    if entity.attached:
        raise _in_the_way("must detach all policies first.")
    if entity.inline:
        raise _in_the_way("must delete policies first.")


def _any(reply: Reply, listed: str) -> bool:
    return reply.ok and any(members(reply.result, listed))


def delete_user(call: Call) -> None:
    user = call.subject(USER)
    if user is None:
        return
    if user.groups:
        raise _in_the_way("must remove users from group first.")
    _policies(user)
    if call.ask("GetLoginProfile", UserName=user.name).ok:
        raise _in_the_way("must delete login profile first.")
    if call.keyring.of_user(user):
        raise _in_the_way("must delete access keys first.")
    for action, listed, why in CREDENTIALS:
        if _any(call.ask(action, UserName=user.name), listed):
            raise _in_the_way(why)
    if user.service_credentials:
        raise _in_the_way("must remove referenced objects first.")


def delete_group(call: Call) -> None:
    group = call.subject(GROUP)
    if group is None:
        return
    if call.ledger.members(group):
        raise _in_the_way("must remove users from group first.")
    _policies(group)


def delete_role(call: Call) -> None:
    role = call.subject(ROLE)
    if role is None:
        return
    if _any(call.ask("ListInstanceProfilesForRole", RoleName=role.name), "InstanceProfiles"):
        raise _in_the_way("must remove roles from instance profile first.")
    _policies(role)


def delete_instance_profile(call: Call) -> None:
    profile = call.subject(PROFILE)
    if profile is None:
        return
    told = call.ask("GetInstanceProfile", InstanceProfileName=profile.name).result.find("InstanceProfile")
    if told is not None and any(members(told, "Roles")):
        raise _in_the_way("must remove roles from instance profile first.")


def delete_policy(call: Call) -> None:
    policy = call.subject(POLICY)
    if policy is None:
        return
    if call.ledger.holders(policy.arn) or call.ledger.bounded(policy.arn):
        raise conflict("Cannot delete a policy attached to entities.")
    if len(list(members(call.ask("ListPolicyVersions", PolicyArn=policy.arn).result, "Versions"))) > 1:
        raise conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's "
            "versions. The default version is deleted with the policy."
        )


def delete_virtual_device(call: Call) -> None:
    device = call.subject(MFA)
    if device is not None and device.holder is not None:
        raise conflict("MFA VirtualDevice in use. Must deactivate first.")


RULES = Rules(
    checks={
        "DeleteUser": delete_user,
        "DeleteGroup": delete_group,
        "DeleteRole": delete_role,
        "DeleteInstanceProfile": delete_instance_profile,
        "DeletePolicy": delete_policy,
        "DeleteVirtualMFADevice": delete_virtual_device,
    }
)
