"""Check and show the settings of the account as AWS does: its password policy and its alias.

Sources: IAM API Reference, UpdateAccountPasswordPolicy (ranges; omitted settings are switched off), PasswordPolicy
(settings that are off are not shown), CreateAccountAlias (grammar), DeleteAccountAlias (NoSuchEntity); IAM User Guide,
"Using an alias for your AWS account ID" (a new alias overwrites the previous one; never 12 digits). LocalStack's
verified test_iam_account_password_policy recorded the texts of refusals and the absent HardExpiry.
"""

from __future__ import annotations

import re

from reconciler.sandbox.query_protocol import AwsError, Reply, list_members, put_child, read_child_text
from reconciler.sandbox.strict.api_call import ActionRules, ApiCall

RANGES = {"MinimumPasswordLength": (6, 128), "PasswordReusePrevention": (1, 24), "MaxPasswordAge": (1, 1095)}
DEFAULTS = {"MinimumPasswordLength": "6"}
SWITCHED_OFF = ("MaxPasswordAge", "PasswordReusePrevention", "HardExpiry")
ALIAS = re.compile(r"[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]")


def check_password_policy(call: ApiCall) -> None:
    violations = []
    for name, (lowest, highest) in RANGES.items():
        if call.has(name) and not lowest <= int(call.get(name)) <= highest:
            limit = (
                f"greater than or equal to {lowest}"
                if int(call.get(name)) < lowest
                else f"less than or equal to {highest}"
            )
            parameter = f"{name[0].lower()}{name[1:]}"
            violations.append(f"Value at '{parameter}' failed to satisfy constraint: Member must have value {limit}")
    if violations:
        errors = "1 validation error" if len(violations) == 1 else f"{len(violations)} validation errors"
        raise AwsError("ValidationError", f"{errors} detected: {'; '.join(violations)}")


def update_password_policy(call: ApiCall) -> Reply:
    """Replace the whole policy: "this operation does not support partial updates". An emulator may keep old values."""
    call.invoke("DeleteAccountPasswordPolicy")
    return call.invoke(call.action, **DEFAULTS | call.parameters)


def hide_disabled_settings(call: ApiCall, reply: Reply) -> None:
    policy = reply.result.find("PasswordPolicy")
    if policy is not None:
        for name in SWITCHED_OFF:
            if read_child_text(policy, name) in ("", "0", "None", "false"):
                put_child(policy, name, None)


def check_alias_grammar(call: ApiCall) -> None:
    alias = call.get("AccountAlias")
    if not ALIAS.fullmatch(alias) or re.fullmatch(r"\d{12}", alias):
        raise AwsError(
            "ValidationError",
            f"1 validation error detected: Value '{alias}' at 'accountAlias' failed to satisfy constraint: Member must "
            "satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$",
        )


def check_alias_exists(call: ApiCall) -> None:
    alias = call.get("AccountAlias")
    if alias not in [item.text for item in list_members(call.invoke("ListAccountAliases").result, "AccountAliases")]:
        raise AwsError("NoSuchEntity", f"The account alias {alias} cannot be found.", status=404)


RULES = ActionRules(
    checks={
        "UpdateAccountPasswordPolicy": check_password_policy,
        "CreateAccountAlias": check_alias_grammar,
        "DeleteAccountAlias": check_alias_exists,
    },
    answers={"UpdateAccountPasswordPolicy": update_password_policy},
    edits={"GetAccountPasswordPolicy": hide_disabled_settings},
)
