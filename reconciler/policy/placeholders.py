"""Find placeholders that another tool, or a person, should have replaced, and say what to write in their place.

AWS fills in only its own variables (`${aws:username}`), and reconcile only `{{ name }}`. Any other placeholder would go
to IAM unchanged: the resource matches nothing, or IAM refuses it during an apply. Sources: AWS CloudFormation User
Guide, "Fn::Sub" and "Pseudo parameters reference"; Terraform's aws_iam_policy_document ("Context Variable
Interpolation": `&{…}`) and "Strings and Templates" (`$${`); Serverless Framework, "Variables".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from reconciler.model.arn_parts import split_arn
from reconciler.policy.flaw import Flaw, Path, error, format_value, warning
from reconciler.policy.walk import ConditionLine, PlacedText, texts_of

PLACEHOLDER_CODE, ACCOUNT_CODE = "foreign-placeholder", "bad-account-id"

_BRACED = r"(?P<mark>\$\$|[$&#])\{(?P<inside>[^{}]*)\}"
_ANGLED = r"<[A-Za-z][A-Za-z0-9 _.:/-]*>"
_IN_CAPITALS = r"(?<![A-Za-z0-9])YOUR[-_][A-Z0-9_-]*[A-Z0-9]"
_SHELL = r"\$(?:AWS_[A-Z_]+|(?:ACCOUNT|BUCKET|REGION|PARTITION)(?:_[A-Z]+)*)(?![A-Za-z0-9_])"
_PLACEHOLDER = re.compile(rf"{_BRACED}|{_ANGLED}|{_IN_CAPITALS}|{_SHELL}")

_PLACEHOLDER_CHARACTERS = frozenset("$&#<")
"""Every placeholder has one of these characters, except the one in capitals, such as YOUR-BUCKET."""

_ORDINARY_ARN = re.compile(r"arn:[a-z0-9*-]*:[a-z0-9-]*:(?:[a-z]+-[a-z0-9-]*|\*)?:(?:[0-9]{12}|\*|aws)?:")
"""Matches the beginning of most ARNs whose region and account are not placeholders, to skip the slow checks."""

_TERRAFORM = re.compile(r"(var|local|data|module|each|count|path|terraform|aws_[a-z0-9_]+)\.")
_SERVERLESS = re.compile(r"(self|opt|env|sls|param|cf|file)[:(]")
_FOREIGN = re.compile(rf"AWS::|!|{_TERRAFORM.pattern}|{_SERVERLESS.pattern}")
_ATTRIBUTE = re.compile(r"[A-Za-z0-9]+(\.[A-Za-z0-9]+)*")

_ACCOUNT_KEYS = frozenset(f"aws:{name}account" for name in ("principal", "resource", "source", "vpce"))
_DASHED_ACCOUNT = re.compile(r"[0-9]+(-[0-9]+)+")
_ACCOUNT_WORD = re.compile(
    r"(aws|my|your)?[-_ ]?account[-_ ]?(id|number)?([-_ ]without[-_ ]hyphens)?|x{12}|n{12}", re.IGNORECASE
)
_REGION_WORD = re.compile(r"(aws|my|your)?[-_ ]?region([-_ ]?(name|code|id))?", re.IGNORECASE)
_ACCOUNT_DIGITS = 12
_PLAUSIBLE_LENGTHS = range(6, 19)
"""Lengths of a number that is probably meant to be an account id."""


@dataclass(frozen=True, slots=True)
class Placeholder:
    """A placeholder that neither AWS nor reconcile fills in.

    text: the placeholder as written. tool: the tool that fills it in. hint: a sentence that says what to write.
    """

    text: str
    tool: str
    hint: str

    @property
    def summary(self) -> str:
        return f"{self.text} is a placeholder of {self.tool}; neither AWS nor reconcile fills it in"


def find_placeholder(text: str) -> Placeholder | None:
    """Return the first placeholder in a text that is neither a variable of AWS nor of reconcile; None if none is."""
    for match in _PLACEHOLDER.finditer(text):
        inside = match["inside"]
        if inside is None:
            return _read_bare(match[0])
        placeholder = _read_braced(match[0], match["mark"], inside)
        if placeholder is not None:
            return placeholder
    return None


def _read_bare(text: str) -> Placeholder:
    owner = "a shell" if text[0] == "$" else "a template"
    name = re.sub(r"^YOUR[-_]", "", text.strip("<>$"))
    return Placeholder(text, owner, _suggest_variable(name))


def _read_braced(text: str, mark: str, inside: str) -> Placeholder | None:
    if mark == "&" or (mark == "$$" and is_policy_variable(inside)):
        return Placeholder(text, "Terraform", f"Write ${{{inside}}}, as AWS does.")
    if inside.startswith("AWS::"):
        return Placeholder(text, "CloudFormation", _suggest_pseudo_value(inside.removeprefix("AWS::")))
    if mark == "#":
        return Placeholder(text, "another tool", _suggest_variable(inside))
    if inside.startswith("!"):
        return Placeholder(text, "CloudFormation", f"Write ${{{inside[1:]}}}, as AWS does.")
    if _TERRAFORM.match(inside):
        return Placeholder(text, "Terraform", _suggest_variable(inside))
    if _SERVERLESS.match(inside):
        return Placeholder(text, "the Serverless Framework", _suggest_variable(inside))
    if is_policy_variable(inside):
        return None
    attribute = _ATTRIBUTE.fullmatch(inside)
    return Placeholder(
        text, "CloudFormation, Terraform or a shell" if attribute else "another tool", _suggest_variable(inside)
    )


def is_policy_variable(inside: str) -> bool:
    """Return whether AWS reads the text between `${` and `}`: a condition key, or one of `*`, `?` and `$`."""
    name = inside.partition(",")[0].strip()
    return name in ("*", "?", "$") or (":" in name and not _FOREIGN.match(name))


def _suggest_pseudo_value(name: str) -> str:
    """Return a hint with the replacement of a pseudo parameter of CloudFormation."""
    if name == "AccountId":
        return "Write {{ account_id }}."
    if name == "Partition":
        return "Write {{ partition }}."
    if name == "URLSuffix":
        return "Write amazonaws.com."
    return _suggest_variable(name.lower())


def _suggest_variable(written: str) -> str:
    """Return a hint with a variable of reconcile that is named like the placeholder."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", re.split(r"[.:/]", written)[-1]).strip("_")
    folded = name.replace("_", "").lower()
    if folded in ("account", "accountid", "awsaccountid", "awsaccount", "accountnumber"):
        return "Write {{ account_id }}."
    if folded in ("partition", "awspartition"):
        return "Write {{ partition }}."
    if not re.match("[A-Za-z_]", name):
        name = "name"
    return f"Write the value, or {{{{ {name} }}}} with `{name}: …` under `vars:` or --var {name}=…."


def explain_account(text: str) -> tuple[str, str] | None:
    """Return the fault of an account id, as the end of a sentence, and the remedy; None if the id is right."""
    if text.isascii() and text.isdigit():
        if len(text) == _ACCOUNT_DIGITS or len(text) not in _PLAUSIBLE_LENGTHS:
            return None
        lost = " Perhaps a leading 0 was lost." if len(text) < _ACCOUNT_DIGITS else ""
        return f"has {len(text)} digits; an account id has {_ACCOUNT_DIGITS}", f"Write all {_ACCOUNT_DIGITS}.{lost}"
    bare = text.replace("-", "")
    if _DASHED_ACCOUNT.fullmatch(text) and len(bare) in _PLAUSIBLE_LENGTHS:
        plain = f'Write "{bare}", quoted.' if len(bare) == _ACCOUNT_DIGITS else f"Write all {_ACCOUNT_DIGITS} digits."
        return "has dashes; AWS knows an account by its digits alone", plain
    if _ACCOUNT_WORD.fullmatch(text):
        return "is a placeholder that nothing fills in", "Write the account's 12 digits, or {{ account_id }}."
    return None


def explain_text(text: str) -> str:
    """Return a hint if a reference or a principal holds a placeholder or a wrong account id; "" if it does not."""
    placeholder = find_placeholder(text)
    if placeholder is not None:
        return f"{placeholder.summary}. {placeholder.hint}"
    parts = split_arn(text)
    account = parts.account if parts else text if any(map(str.isdigit, text)) else ""
    bad = explain_account(account)
    return f"{account} {bad[0]}. {bad[1]}" if bad else ""


def explain_value(value: object) -> str:
    """Return a hint for a function of CloudFormation in place of a text; "" for other values."""
    names = [str(key) for key in value] if isinstance(value, dict) else []
    if len(names) == 1 and (names[0] == "Ref" or names[0].startswith("Fn::")):
        return (
            f"{names[0]} is a function of CloudFormation. "
            "Write the text itself, with {{ account_id }} or your own vars."
        )
    return ""


def check_placeholders(texts: Iterable[PlacedText], reported: frozenset[Path]) -> Iterator[Flaw]:
    """Warn about placeholders of other tools, and about wrong account ids in ARNs.

    `principal_checks` reports the principals.

    texts: of a document; it may lack those without placeholders (`has_placeholder`).
    reported: paths whose placeholder is already part of an error.
    """
    for path, text, at_key in texts:
        if path in reported or path[2:3] in (("Principal",), ("NotPrincipal",)):
            continue
        placeholder = find_placeholder(text)
        if placeholder is not None:
            summary = (
                f"{placeholder.summary}: {format_value(text)}."
                if placeholder.text != text
                else f"{placeholder.summary}."
            )
            yield warning(PLACEHOLDER_CODE, path, summary, placeholder.hint, at_key)
        elif not at_key:
            yield from _check_arn(path, text)


def has_placeholder(text: str) -> bool:
    """Return whether `check_placeholders` would report a text; fast for the many texts without a placeholder."""
    if (not _PLACEHOLDER_CHARACTERS.isdisjoint(text) or "YOUR" in text) and find_placeholder(text) is not None:
        return True
    return text.startswith("arn:") and not _ORDINARY_ARN.match(text) and next(_check_arn((), text), None) is not None


def _check_arn(path: Path, text: str) -> Iterator[Flaw]:
    parts = split_arn(text) if text.startswith("arn:") else None
    if parts is None:
        return
    bad = explain_account(parts.account)
    if bad:
        yield warning(ACCOUNT_CODE, path, f"The account {parts.account} in {format_value(text)} {bad[0]}.", bad[1])
    if _REGION_WORD.fullmatch(parts.region):
        summary = f"{parts.region} in {format_value(text)} is a placeholder for a region; nothing fills it in."
        yield warning(PLACEHOLDER_CODE, path, summary, "Write the region, such as eu-central-1, or * for all.")


def check_account_values(line: ConditionLine) -> Iterator[Flaw]:
    """Warn about account ids with dashes or without 12 digits under keys such as aws:PrincipalAccount."""
    if line.key.casefold() in _ACCOUNT_KEYS:
        for path, text in texts_of(line.part):
            bad = explain_account(text)
            if bad:
                yield warning(ACCOUNT_CODE, path, f"The account {format_value(text)} {bad[0]}.", bad[1])


def refuse_placeholder(text: str, placeholder: Placeholder) -> Flaw:
    """Return the error for a Resource that AWS refuses because of a placeholder in it."""
    return error(
        PLACEHOLDER_CODE, (), f"Resource {format_value(text)} is not an ARN: {placeholder.summary}.", placeholder.hint
    )
