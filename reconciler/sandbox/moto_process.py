"""The process that runs moto: `python -m reconciler.sandbox.moto_process ACCOUNT`. Started by `emulator.py` only.

It says its port on standard output and ends when standard input does, which happens however its parent ends.
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
from copy import copy
from functools import cached_property, lru_cache
from typing import Any


def _end_with_parent() -> None:
    # The descriptor, not sys.stdin: a thread inside its buffer would block the interpreter's own end.
    while os.read(0, 4096):
        pass
    os._exit(0)


class _ManagedPolicyCopy:
    """A policy of AWS's own, and what it was at first."""

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

    def copy_to_partition(self, partition: str) -> Any:
        """The policy in another partition."""
        made = copy(self.policy)
        del made.arn
        made.partition, made.tags = partition, {}
        made.versions = [copy(version) for version, _ in self._versions]
        for version in made.versions:
            version.policy_arn = made.arn
        return made


def _cache_managed_policies() -> None:
    """moto parses AWS's own 1,500 policies for each of six partitions, and all again for each reset."""
    from moto.iam.models import AWSManagedPolicy, IAMBackend
    from moto.utilities.utils import get_partition

    kind: Any = AWSManagedPolicy
    arn: Any = cached_property(kind.arn.fget)
    arn.__set_name__(kind, "arn")
    kind.arn = arn
    parse: Any = IAMBackend._init_aws_policies
    shipped: dict[tuple[str, str], list[_ManagedPolicyCopy]] = {}

    def load_policies(backend: Any) -> list[Any]:
        account = backend.account_id, backend.region_name
        if account not in shipped:
            known = next((policies for (of, _), policies in shipped.items() if of == backend.account_id), None)
            partition = get_partition(backend.region_name)
            made = [policy.copy_to_partition(partition) for policy in known] if known else parse(backend)
            shipped[account] = [_ManagedPolicyCopy(policy) for policy in made]
        for policy in shipped[account]:
            policy.restore()
        return [policy.policy for policy in shipped[account]]

    setattr(IAMBackend, parse.__name__, load_policies)


def _cache_service_lookups() -> None:
    """moto lists its folders, and the methods of the service, anew for each request: two fifths of a plain one."""
    from moto import backends
    from moto.core import responses

    modules = tuple(backends.list_of_moto_modules())
    vars(backends)["list_of_moto_modules"] = lambda: modules
    named: Any = responses
    named.method_names_from_class = lru_cache(maxsize=None)(named.method_names_from_class)


def _accept_numeric_conditions() -> None:
    """Have moto take a number as it takes a text: the quotes around a number are optional (IAM User Guide, "Grammar
    of the IAM JSON policy language")."""
    from moto.iam.policy_validation import BaseIAMPolicyValidator

    kind: Any = BaseIAMPolicyValidator
    original = kind.__init__

    def init_validator(validator: Any, policy_document: str) -> None:
        original(validator, _quote_condition_numbers(policy_document))

    kind.__init__ = init_validator


def _quote_condition_numbers(text: str) -> str:
    """Return a policy document with the numbers of its conditions as texts."""
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
    """moto refuses old Versions in inline policies, and resources that AWS's own policies have (`iam::*:root`)."""
    from moto.iam.policy_validation import BaseIAMPolicyValidator

    kind: Any = BaseIAMPolicyValidator
    for name in ("_validate_version", "_validate_resources_for_formats", "_validate_not_resources_for_formats"):
        getattr(kind, name)  # that moto still has it
        setattr(kind, name, lambda validator: None)


def main(account: str) -> None:
    # Not MOTO_ACCOUNT_ID: it pins every call to one account, and an assumed role's account would be lost.
    import moto.core

    for module in (moto.core, moto.core.models):
        vars(module)["DEFAULT_ACCOUNT_ID"] = account
    from moto.moto_server import werkzeug_app
    from werkzeug.serving import make_server

    from reconciler.sandbox.keep_alive import KeepAliveHandler

    _cache_managed_policies()
    _cache_service_lookups()
    _accept_numeric_conditions()
    _skip_moto_policy_checks()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    application = werkzeug_app.DomainDispatcherApplication(werkzeug_app.create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=KeepAliveHandler)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
