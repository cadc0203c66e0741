"""Manage the settings of the account: its alias and its password policy. Both come last in a plan.

They cannot carry an owner tag. So only declared settings are read and written, and none is ever pruned or adopted.
Each change is one call:
- UpdateAccountPasswordPolicy "does not support partial updates" (IAM API), so the call names all that have a value.
- An account has one alias, unique in its partition, and "the new alias overwrites the previous alias" (IAM User Guide,
  "Using an alias for your AWS account ID"). If another account has the new alias, the old one stays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, ClassVar

from reconciler.kinds import schema_parts as parts
from reconciler.kinds.base import DeclaredEntity, Kind
from reconciler.kinds.declare_context import DeclareContext
from reconciler.kinds.export_context import Entry, ExportContext
from reconciler.kinds.live_reader import LiveReader, RawEntry
from reconciler.kinds.plan_context import PlanContext
from reconciler.kinds.raw_account import RawAccount, ReadCall
from reconciler.kinds.steps import absence_of, make_step, presence_of, set_fields
from reconciler.model.address import Address
from reconciler.model.arns import ArnForm
from reconciler.model.desired import Declaration
from reconciler.model.durations import parse_duration
from reconciler.model.effects import Create, Delete, Effect
from reconciler.model.entity import Entity
from reconciler.model.node import Map, get_text
from reconciler.model.plan import Call, Phase, Step
from reconciler.model.text_forms import ACCOUNT_ALIAS, ACCOUNT_ID

ALIAS = Address("account", "alias")
PASSWORD_POLICY = Address("account", "password-policy")
SETTINGS = frozenset([ALIAS, PASSWORD_POLICY])

MIN_PASSWORD_LENGTH, MAX_PASSWORD_AGE, MAX_REUSE_PREVENTION = 6, 1095, 24
_DAY = 86400


@dataclass(frozen=True, slots=True)
class AccountSetting(Entity):
    """A setting of the account. name: `alias` or `password-policy`."""

    kind: ClassVar[str] = "account"
    is_prunable: ClassVar[bool] = False

    @classmethod
    def class_for_name(cls, name: str) -> type[Entity]:
        return AccountAlias if name == ALIAS.name else PasswordPolicy


@dataclass(frozen=True, slots=True)
class AccountAlias(AccountSetting):
    alias: str = ""


@dataclass(frozen=True, slots=True)
class PasswordPolicy(AccountSetting):
    """The password policy, with AWS's defaults. max_age: in days. None: the setting is off."""

    minimum_length: int = MIN_PASSWORD_LENGTH
    require_symbols: bool = False
    require_numbers: bool = False
    require_uppercase: bool = False
    require_lowercase: bool = False
    allow_users_to_change: bool = False
    max_age: int | None = None
    reuse_prevention: int | None = None
    hard_expiry: bool = False


_PARAMETERS: Mapping[str, str] = {
    "minimum_length": "MinimumPasswordLength",
    "require_symbols": "RequireSymbols",
    "require_numbers": "RequireNumbers",
    "require_uppercase": "RequireUppercaseCharacters",
    "require_lowercase": "RequireLowercaseCharacters",
    "allow_users_to_change": "AllowUsersToChangePassword",
    "max_age": "MaxPasswordAge",
    "reuse_prevention": "PasswordReusePrevention",
    "hard_expiry": "HardExpiry",
}
"""Field → its name in UpdateAccountPasswordPolicy and GetAccountPasswordPolicy."""


def _make_switch_schema(description: str) -> parts.Schema:
    return {"type": "boolean", "default": False, "description": description}


_POLICY_SCHEMA: parts.Schema = {
    "title": "Password policy",
    "description": "The whole password policy for users. A setting that is absent here gets AWS's default. Without "
    "this section, no plan changes the live policy.",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "minimum_length": {
            "type": "integer",
            "minimum": MIN_PASSWORD_LENGTH,
            "maximum": 128,
            "default": MIN_PASSWORD_LENGTH,
            "description": "The fewest characters of a password.",
        },
        "require_symbols": _make_switch_schema("At least one of ! @ # $ % ^ & * ( ) _ + - = [ ] { } | '."),
        "require_numbers": _make_switch_schema("At least one digit."),
        "require_uppercase": _make_switch_schema("At least one letter of A to Z."),
        "require_lowercase": _make_switch_schema("At least one letter of a to z."),
        "allow_users_to_change": _make_switch_schema("true: users may change their own password."),
        "max_age": {
            **parts.make_ref("duration"),
            "description": "Days after which a password expires, 1d to 1095d. It applies to existing passwords at "
            "once. Absent: never.",
            "examples": ["90d"],
        },
        "reuse_prevention": {
            "type": "integer",
            "minimum": 1,
            "maximum": MAX_REUSE_PREVENTION,
            "description": "The number of previous passwords that cannot be used again. Absent: none.",
        },
        "hard_expiry": _make_switch_schema(
            "true: a user whose password has expired cannot sign in until an administrator resets it."
        ),
    },
}


def read_account_alias(raw: RawAccount) -> str | None:
    """Return the alias of the account; None if it has none, or if AWS refused to tell."""
    return next(iter(raw.texts_of("AccountAliases")), None)


class AccountKind(Kind):
    name: ClassVar[str] = "account"
    noun: ClassVar[str] = "AccountAlias"
    entity: ClassVar[type[Entity]] = AccountSetting
    section: ClassVar[str | None] = "account_settings"
    arn_form: ClassVar[ArnForm] = ArnForm.NO_ARN
    taggable: ClassVar[bool] = False
    operations: ClassVar[frozenset[str]] = frozenset(
        "CreateAccountAlias DeleteAccountAlias UpdateAccountPasswordPolicy DeleteAccountPasswordPolicy".split()
    )
    read_calls: ClassVar[tuple[ReadCall, ...]] = (
        ReadCall("ListAccountAliases", ("AccountAliases",), optional=True, only_for=ALIAS, is_shown=True),
        ReadCall("GetAccountPasswordPolicy", ("PasswordPolicy",), paged=False, optional=True, only_for=PASSWORD_POLICY),
    )
    schema: ClassVar[Mapping[str, Any]] = parts.make_entry_schema(
        "Account settings",
        "Settings of the account itself. A plan changes only settings that are written here, and deletes none.",
        {
            "alias": {
                "type": "string",
                "pattern": ACCOUNT_ALIAS.schema_pattern,
                "description": "The account's name in the address of its sign-in page; no other account may have it.",
                "examples": ["example-corp"],
            },
            "password_policy": _POLICY_SCHEMA,
        },
    )

    def read(self, raw: RawAccount) -> Iterator[AccountSetting]:
        for alias in raw.texts_of("AccountAliases"):
            yield AccountAlias(ALIAS.name, alias)
        for item in raw.items_of("PasswordPolicy"):
            values = {field: item.get(key) for field, key in _PARAMETERS.items()}
            yield PasswordPolicy(PASSWORD_POLICY.name, **{field: value for field, value in values.items() if value})

    def read_one(self, address: Address, reader: LiveReader) -> Iterator[RawEntry]:
        for call in self.read_calls:
            if call.only_for == address:
                yield from ((call.keys[0], item) for item in reader.list_items(call))

    def find_created(self, call: Call, reader: LiveReader) -> bool | None:
        """Return whether the alias was created; None for UpdateAccountPasswordPolicy, which may be sent again."""
        if call.operation != "CreateAccountAlias":
            return None
        aliases = reader.list_items(ReadCall("ListAccountAliases", ("AccountAliases",)))
        return call.parameters["AccountAlias"] in aliases

    def declare(self, name: str, node: Map, context: DeclareContext) -> Iterator[DeclaredEntity]:
        alias = get_text(node, "alias")
        if alias is not None and ACCOUNT_ALIAS.accepts(alias):
            if ACCOUNT_ID.accepts(alias):
                hint = "Write at least one character that is not a digit."
                summary = f"The account alias {alias!r} looks like an account number, which AWS refuses."
                context.add_problem("bad-name", summary, node.place_of("alias"), hint)
            yield DeclaredEntity(AccountAlias(ALIAS.name, alias), Declaration(node.place_of("alias")))
        if isinstance(node.get("password_policy"), Map):
            policy = _read_password_policy(node.get_map("password_policy"), context)
            yield DeclaredEntity(policy, Declaration(node.place_of("password_policy", of_key=True)))

    def export(self, entity: AccountSetting, context: ExportContext) -> Entry | None:
        """Return a part of the section, which is a single entry."""
        if isinstance(entity, AccountAlias):
            return {"alias": entity.alias}
        default = PasswordPolicy(entity.name)
        values = {name: value for name in _PARAMETERS if (value := getattr(entity, name)) != getattr(default, name)}
        if "max_age" in values:
            values["max_age"] = f"{values['max_age']}d"
        return {"password_policy": values}

    def create(self, entity: AccountSetting, context: PlanContext) -> list[Step]:
        put, delete, parameters = _make_put_call(entity)
        return [_make_put_step(entity, Create(entity.address, put, delete, entity), parameters)]

    def update(self, before: AccountSetting, after: AccountSetting, context: PlanContext) -> list[Step]:
        if before == after:
            return []
        put, _, parameters = _make_put_call(after)
        names = [field.name for field in fields(after) if field.name != "name"]
        return [_make_put_step(after, set_fields(before, after, put, *names), parameters)]

    def delete(self, entity: AccountSetting, context: PlanContext) -> list[Step]:
        address = entity.address
        put, delete, _ = _make_put_call(entity)
        parameters: dict[str, object] = {"AccountAlias": entity.alias} if isinstance(entity, AccountAlias) else {}
        effect = Delete(address, delete, put, entity)
        return [make_step(address, Phase.ACCOUNT, effect, parameters, (), (absence_of(address),))]


def _make_put_step(entity: AccountSetting, effect: Effect, parameters: dict[str, object]) -> Step:
    return make_step(entity.address, Phase.ACCOUNT, effect, parameters, (), (presence_of(entity.address),))


def _make_put_call(entity: AccountSetting) -> tuple[str, str, dict[str, object]]:
    """Return the operations that put and delete a setting, and the parameters of the put."""
    if isinstance(entity, AccountAlias):
        return "CreateAccountAlias", "DeleteAccountAlias", {"AccountAlias": entity.alias}
    values = {key: getattr(entity, field) for field, key in _PARAMETERS.items()}
    parameters = {key: value for key, value in values.items() if value is not None}
    return "UpdateAccountPasswordPolicy", "DeleteAccountPasswordPolicy", parameters


def _read_password_policy(node: Map, context: DeclareContext) -> PasswordPolicy:
    """Return the password policy. Invalid values count as absent: the schema has reported them."""
    values: dict[str, Any] = {}
    for key, fragment in _POLICY_SCHEMA["properties"].items():
        expected_type = {"boolean": bool, "integer": int}.get(fragment.get("type"))
        if expected_type is not None and type(node.get(key)) is expected_type:
            values[key] = node[key]
    return PasswordPolicy(PASSWORD_POLICY.name, **values, max_age=_read_max_age(node, context))


def _read_max_age(node: Map, context: DeclareContext) -> int | None:
    """Return `max_age` in days; None if absent, or, with a problem, if it is not a number of whole days."""
    written = node.get("max_age")
    age = parse_duration(written)
    if age is None:
        return None
    days, remainder = divmod(age, _DAY)
    if remainder or not 1 <= days <= MAX_PASSWORD_AGE:
        summary = f"max_age {written!r} is not a whole number of days from 1d to {MAX_PASSWORD_AGE}d."
        hint = f"Did you mean '{age}d'?" if isinstance(written, int) and 1 <= age <= MAX_PASSWORD_AGE else ""
        context.add_problem("bad-duration", summary, node.place_of("max_age"), hint)
        return None
    return days
