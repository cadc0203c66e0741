"""Read the `assert` section: its schema, the principals, actions and resources that it names, and its names."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from reconciler.kinds.declare_context import DeclareContext, explain_undeclared
from reconciler.kinds.registry import KINDS_BY_NAME
from reconciler.model.address import Address
from reconciler.model.arns import address_of
from reconciler.model.assertions import EVERYONE, Assertion, AssertionForm
from reconciler.model.node import Map, Seq, get_text, get_texts
from reconciler.model.partitions import ARN_PARTITION
from reconciler.model.problem import Place
from reconciler.model.suggest import suggest_word
from reconciler.model.text_forms import ASSERTION_NAME
from reconciler.policy.flaw import PolicyType
from reconciler.policy.name_checks import NameChecks

MAX_ASSERTIONS = 1000


def _make_texts(description: str, examples: list[Any]) -> dict[str, Any]:
    """Return the schema of one text, or of a list of them."""
    return {
        "type": ["string", "array"],
        "items": {"type": "string", "minLength": 1},
        "minLength": 1,
        "minItems": 1,
        "description": description,
        "examples": examples,
    }


SCHEMA: Mapping[str, Any] = {
    "title": "Assertions",
    "description": "What must stay true of everybody's access. `validate` and `plan` check it.",
    "type": ["array", "null"],
    "maxItems": MAX_ASSERTIONS,
    "items": {
        "title": "Assertion",
        "description": "`who` with `cannot` or `can`; or `role` with `assumable_only_by`.",
        "type": "object",
        "additionalProperties": False,
        "properties": {
            "name": {
                "type": "string",
                "pattern": ASSERTION_NAME.schema_pattern,
                "description": "Its name, for --allow-assertion. Default: its file and line.",
                "examples": ["no-iam"],
            },
            "who": _make_texts(
                "Users and roles: addresses (* and ? are wildcards), `group/NAME` for the members of a group, `*` for "
                "everybody, or ARNs of this account.",
                ["*", "user/*", ["group/engineers", "role/app-*"]],
            ),
            "cannot": _make_texts("Actions, with * and ?: nobody may do any of them.", ["iam:*"]),
            "can": _make_texts("Actions, with * and ?: everybody must be able to do all of them.", ["sts:AssumeRole"]),
            "on": _make_texts(
                "Resources: ARNs with * and ?, or addresses of this file. Default: every resource.",
                ["arn:aws:s3:::payroll*", "role/admin"],
            ),
            "except": _make_texts("Principals that the assertion is not about, as in `who`.", [["user/root-admin"]]),
            "outside": _make_texts("The same as `except`.", [["role/payroll"]]),
            "with_mfa": {
                "type": "boolean",
                "description": "true: of requests with MFA. false: of requests without. Default: `cannot` means both, "
                "`can` without.",
            },
            "through_roles": {
                "type": "boolean",
                "default": False,
                "description": "true: what a principal reaches by assuming roles, one after the other, counts as well.",
            },
            "role": _make_texts("The roles of `assumable_only_by`: addresses with * and ?, or ARNs.", ["role/admin"]),
            "assumable_only_by": {
                **_make_texts(
                    "The only ones who may assume the role: as in `who`, and principals outside: account ids, service "
                    "principals, ARNs (also of providers).",
                    [["user/alice", "role/emergency"], ["ec2.amazonaws.com"]],
                ),
                "minItems": 0,
            },
            "why": {"type": "string", "description": "The reason, which a failure shows.", "examples": ["SOC2 CC6.3"]},
        },
    },
}

_ACTION = re.compile(r"(?:[a-z0-9*?-]+:[a-z0-9*?_.-]+|\*)", re.ASCII)
_PRINCIPAL_KINDS = ("user", "role", "group")
_ACCOUNT = re.compile(r"\d{12}", re.ASCII)
_HOST = re.compile(r"[a-z0-9-]+(?:\.[a-z0-9-]+)+", re.ASCII)
_PRINCIPAL_ARN = re.compile(rf"arn:{ARN_PARTITION}:(?:iam|sts)::\d{{12}}:.+")
_PERMISSION_KEYS = ("who", "on", "except", "outside", "with_mfa")
_FORMS_HINT = "Write `who` with `cannot` or `can`, or `role` with `assumable_only_by`."


def read_assertions(root: Map, context: DeclareContext) -> tuple[Assertion, ...]:
    """Return the assertions that can be checked; what is wrong with the others becomes problems of the context."""
    section = root.get("assert")
    nodes = [node for node in section if isinstance(node, Map)] if isinstance(section, Seq) else []
    checks = NameChecks(context.names) if context.names is not None else None
    first: dict[str, Map] = {}
    for node in nodes:
        name = _name_of(node)
        other = first.setdefault(name, node)
        if other is not node:
            summary = f"Two assertions are named {name!r}; the other is at {other.place_of()}."
            context.add_problem("conflict", summary, node.place_of(), "Give each a name of its own.")
    read = (_AssertionReader(node, context, checks).read() for node in nodes[:MAX_ASSERTIONS])
    return tuple(one for one in read if one is not None)


class _AssertionReader:
    """Read one assertion. is_complete: False once a part of it could not be read."""

    def __init__(self, node: Map, context: DeclareContext, checks: NameChecks | None) -> None:
        self._node = node
        self._context = context
        self._checks = checks
        self._is_complete = not node.unread

    def read(self) -> Assertion | None:
        """Return the assertion; None, with problems, if a part of it is missing or wrong."""
        node, form = self._node, self._find_form()
        texts = {key: self._read(key, check) for key, check in self._list_checks().items()}
        if form is None or not self._is_complete:
            return None
        mfa = node.get("with_mfa")
        is_about_roles = form is AssertionForm.ENTRANTS
        outside = (AssertionForm.ENTRANTS,) if is_about_roles else ("except", "outside")
        return Assertion(
            name=_name_of(node),
            form=form,
            place=node.place_of(),
            who=(EVERYONE,) if is_about_roles else texts["who"],
            outside=tuple(text for key in outside for text in texts[key]),
            actions=() if is_about_roles else tuple(map(str.lower, texts[form])),
            resources=texts["role"] if is_about_roles else texts["on"] if "on" in node else (EVERYONE,),
            with_mfa=mfa if isinstance(mfa, bool) else None,
            through_roles=node.get("through_roles") is True,
            why=get_text(node, "why") or "",
        )

    def _list_checks(self) -> Mapping[str, Callable[[str, Place], None]]:
        """Return the check of the texts under each key."""
        return {
            "who": self._check_principal,
            AssertionForm.CANNOT: self._check_action,
            AssertionForm.CAN: self._check_action,
            "on": self._check_resource,
            "except": self._check_principal,
            "outside": self._check_principal,
            "role": self._check_role,
            AssertionForm.ENTRANTS: self._check_entrant,
        }

    def _find_form(self) -> AssertionForm | None:
        """Return the form; None, with problems, if the keys are those of none, or of several."""
        node = self._node
        forms = [form for form in AssertionForm if node.has(form)]
        place = node.place_of()
        if len(forms) != 1:
            says = f"has {' and '.join(map(_quote, forms))}" if forms else "says nothing"
            self._refuse(f"The assertion {says}.", place, _FORMS_HINT)
            return None
        needed, foreign = ("role", _PERMISSION_KEYS) if forms[0] is AssertionForm.ENTRANTS else ("who", ("role",))
        for misplaced in filter(node.has, foreign):
            place_of_key = node.place_of(misplaced, of_key=True)
            self._refuse(f"`{misplaced}` does not go with `{forms[0]}`.", place_of_key, _FORMS_HINT)
        if not node.has(needed):
            self._refuse(f"The assertion has `{forms[0]}` without `{needed}`.", place, _FORMS_HINT)
        return forms[0]

    def _refuse(self, summary: str, place: Place, hint: str, code: str = "bad-assertion") -> None:
        self._is_complete = False
        self._context.add_problem(code, summary, place, hint)

    def _read(self, key: str, check: Callable[[str, Place], None]) -> tuple[str, ...]:
        """Return the texts under a key, each of them checked."""
        texts = get_texts(self._node, key)
        for text, place in texts:
            check(text, place)
        return tuple(text for text, _ in texts)

    def _check_action(self, text: str, place: Place) -> None:
        if not _ACTION.fullmatch(text.lower()):
            self._refuse(f"{text!r} is not an action.", place, "Write SERVICE:ACTION, as in s3:GetObject or iam:*.")
        elif self._checks is not None:
            document = {"Statement": [{"Effect": "Allow", "Action": [text], "Resource": "*"}]}
            for flaw in self._checks.check_document(document, PolicyType.IDENTITY):
                self._context.add_problem(flaw.code, flaw.summary, place, flaw.hint, level=flaw.level)

    def _check_principal(self, text: str, place: Place) -> None:
        """Check a pattern of users, roles and groups, or the ARN of a user or role of this account."""
        hint = "Write KIND/NAME, as in user/alice, role/* or group/dev."
        if text.startswith("arn:"):
            self._check_arn(text, place, ("user", "role"))
        elif text != EVERYONE:
            self._check_address(text, place, _PRINCIPAL_KINDS, hint)

    def _check_arn(self, text: str, place: Place, kinds: tuple[str, ...]) -> None:
        """Check that a text is the ARN of an entity of this account, of one of these kinds."""
        account = self._context.known_account or "".join(text.split(":", 5)[4:5])
        address = address_of(text, account)
        if address is None or address.kind not in kinds:
            summary = f"{text} is not a {' or '.join(kinds)} of this account."
            self._refuse(summary, place, "Write an address, as in role/app.")

    def _check_entrant(self, text: str, place: Place) -> None:
        """Check a principal that may assume a role, as trusts name it."""
        if _ACCOUNT.fullmatch(text) or _HOST.fullmatch(text) or _PRINCIPAL_ARN.fullmatch(text):
            return
        kinds = (*_PRINCIPAL_KINDS, "oidc-provider", "saml-provider")
        hint = "Write KIND/NAME, as in user/alice, an account id, a service principal, or an ARN."
        self._check_address(text, place, kinds, hint)

    def _check_role(self, text: str, place: Place) -> None:
        if text.startswith("arn:"):
            self._check_arn(text, place, ("role",))
        else:
            self._check_address(text, place, ("role",), "Write role/NAME.")

    def _check_resource(self, text: str, place: Place) -> None:
        if not text.startswith(("arn:", "*")):
            self._check_address(text, place, tuple(KINDS_BY_NAME), "Write an ARN, or the address of an entity.")

    def _check_address(self, text: str, place: Place, kinds: tuple[str, ...], hint: str) -> None:
        """Check that a text is an address of one of these kinds, and that an address without wildcards is declared."""
        kind, slash, name = text.partition("/")
        if not slash or not name or kind not in kinds:
            self._refuse(f"{text!r} is not the address of a {' or '.join(kinds)}.", place, hint)
            return
        address = Address(kind, name)
        if is_pattern(text) or address in self._context.paths or self._context.may_be_declared(address):
            return
        near = suggest_word(name, self._context.declared_names.get(kind, ()))
        hint = f"Did you mean '{kind}/{near}'?" if near else explain_undeclared(kind)
        self._refuse(f"{address} is not in this file.", place, hint, "unknown-reference")


def is_pattern(text: str) -> bool:
    """Return whether a text has wildcards."""
    return "*" in text or "?" in text


def _name_of(node: Map) -> str:
    """Return the name of an assertion, which `--allow-assertion` takes: as written, else its file and line."""
    place = node.place_of()
    return get_text(node, "name") or f"{place.file}:{place.line}"


def _quote(key: str) -> str:
    return f"`{key}`"
