"""Load moto for one account, and correct what it does slowly or more strictly than AWS.

Sources: IAM User Guide, "Grammar of the IAM JSON policy language"; moto's own code.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from copy import copy
from functools import cache, cached_property, lru_cache
from typing import Any


@cache
def load_moto(account: str) -> Callable[..., Any]:
    """Return moto as a WSGI application, with AWS's own policies parsed. account: the account of unknown keys."""
    # MOTO_ACCOUNT_ID would tie every call to one account, and lose the account of an assumed role.
    import moto.core

    for module in (moto.core, moto.core.models):
        vars(module)["DEFAULT_ACCOUNT_ID"] = account
    from moto.moto_server import werkzeug_app

    from reconciler.sandbox.moto_answers import speed_up_answers

    _cache_managed_policies()
    _find_keys_in_loaded_partitions()
    _cache_service_lookups()
    _accept_numeric_conditions()
    _skip_moto_policy_checks()
    speed_up_answers()
    application: Callable[..., Any] = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    return application


class _ManagedPolicyCopy:
    """A policy of AWS, with a copy of its original fields."""

    def __init__(self, policy: Any) -> None:
        self.policy = policy
        self._fields = {**vars(policy), "arn": policy.arn, "versions": [*policy.versions], "tags": {**policy.tags}}
        self._versions = [(version, {**vars(version)}) for version in policy.versions]
        self.current = [vars(policy), *(vars(version) for version, _ in self._versions)]
        self.original = [self._fields, *(fields for _, fields in self._versions)]

    def restore(self) -> None:
        if self.current == self.original:
            return
        vars(self.policy).clear()
        vars(self.policy).update(self._fields, versions=[*self._fields["versions"]], tags={**self._fields["tags"]})
        for version, fields in self._versions:
            vars(version).update(fields)

    def copy_for(self, account: str, partition: str) -> Any:
        """Return the policy as it is, unused, in another account or partition."""
        policy = copy(self.policy)
        vars(policy).clear()
        vars(policy).update(self._fields, account_id=account, partition=partition, tags={}, versions=[])
        del policy.arn
        for version, fields in self._versions:
            policy.versions.append(copy(version))
            vars(policy.versions[-1]).update(fields, policy_arn=policy.arn)
        return policy


def _cache_managed_policies() -> None:
    """Parse the 1,500 policies of AWS once. moto does so for each account, partition and reset."""
    from moto.iam.models import AWSManagedPolicy, IAMBackend
    from moto.utilities.utils import get_partition

    kind: Any = AWSManagedPolicy
    arn: Any = cached_property(kind.arn.fget)
    arn.__set_name__(kind, "arn")
    kind.arn = arn
    parse: Any = IAMBackend._init_aws_policies
    copies: dict[tuple[str, str], list[_ManagedPolicyCopy]] = {}

    def load_policies(backend: Any) -> list[Any]:
        account = backend.account_id, backend.region_name
        if account not in copies:
            parsed = next(iter(copies.values()), None)
            place = backend.account_id, get_partition(backend.region_name)
            policies = [policy.copy_for(*place) for policy in parsed] if parsed else parse(backend)
            copies[account] = [_ManagedPolicyCopy(policy) for policy in policies]
        for policy in copies[account]:
            policy.restore()
        return [policy.policy for policy in copies[account]]

    setattr(IAMBackend, parse.__name__, load_policies)


def _find_keys_in_loaded_partitions() -> None:
    """Look for the account of an access key only in partitions that are in use. moto would load all of each account."""
    from moto.iam import models

    get_account_id_from = models.get_account_id_from

    def find_account(access_key: str) -> Any:
        for account, backends in list(models.iam_backends.items()):
            if any(access_key in backend.access_keys for backend in list(backends.values())):
                return account
        return vars(models)["DEFAULT_ACCOUNT_ID"]

    setattr(models, get_account_id_from.__name__, find_account)


def _cache_service_lookups() -> None:
    """Cache moto's lists of its folders and of a service's methods. Building them takes 40 % of a plain request."""
    from moto import backends
    from moto.core import responses

    modules = tuple(backends.list_of_moto_modules())
    vars(backends)["list_of_moto_modules"] = lambda: modules
    responses_module: Any = responses
    responses_module.method_names_from_class = lru_cache(maxsize=None)(responses_module.method_names_from_class)


def _accept_numeric_conditions() -> None:
    """Make moto accept numbers in conditions: the quotes around a number are optional.

    Source: IAM User Guide, "Grammar of the IAM JSON policy language".
    """
    from moto.iam.policy_validation import BaseIAMPolicyValidator

    kind: Any = BaseIAMPolicyValidator
    original = kind.__init__

    def init_validator(validator: Any, policy_document: str) -> None:
        original(validator, _quote_condition_numbers(policy_document))

    kind.__init__ = init_validator


def _quote_condition_numbers(text: str) -> str:
    """Return a policy document whose conditions have texts instead of numbers."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(document, dict):
        return text
    statements = document.get("Statement")
    for statement in statements if isinstance(statements, list) else [statements]:
        condition = statement.get("Condition") if isinstance(statement, dict) else None
        for tests in condition.values() if isinstance(condition, dict) else ():
            for key, value in tests.items() if isinstance(tests, dict) else ():
                tests[key] = str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value
    return json.dumps(document)


def _skip_moto_policy_checks() -> None:
    """Switch off moto's policy checks that are too strict: on old Versions in inline policies, and on resources.

    moto refuses resources that AWS's own policies contain (`iam::*:root`). The strict layer checks both.
    """
    from moto.iam.policy_validation import BaseIAMPolicyValidator

    kind: Any = BaseIAMPolicyValidator
    for name in ("_validate_version", "_validate_resources_for_formats", "_validate_not_resources_for_formats"):
        getattr(kind, name)  # fails if moto no longer has the check
        setattr(kind, name, lambda validator: None)
