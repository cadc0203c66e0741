"""The policies of the organization that lay over an account: a plan counts them and never writes them."""

from __future__ import annotations

from dataclasses import dataclass

from reconciler.model.document import Document

Level = tuple["GuardrailPolicy", ...]
"""The policies that are attached to one level: the root, an organizational unit, or the account."""


@dataclass(frozen=True, slots=True)
class GuardrailPolicy:
    """A policy of the organization.

    kind: SCP (service control policy) or RCP (resource control policy). name: its file, as the section names it.
    """

    kind: str
    name: str
    document: Document

    @property
    def label(self) -> str:
        """Return the name under which it counts among the policies of a principal."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Guardrails:
    """The guardrails of one account.

    scps, rcps: the levels, the root first. management: the account manages its organization, so none binds it.
    organization: the id of the organization, `o-…`; empty if it is not known.
    """

    scps: tuple[Level, ...] = ()
    rcps: tuple[Level, ...] = ()
    management: bool = False
    organization: str = ""

    def find(self, label: str) -> GuardrailPolicy | None:
        """Return the policy with a label; None if it is the label of something else."""
        levels = (*self.scps, *self.rcps)
        return next((policy for level in levels for policy in level if policy.label == label), None)


def name_of_guardrail(label: str) -> str:
    """Return the file of a guardrail by its label: `SCP org/root.json` → `org/root.json`."""
    return label.partition(" ")[2]


@dataclass(frozen=True, slots=True)
class GuardrailEffect:
    """The effect of guardrails on a permission.

    stopped_by: the files of those that stop all of it. limited_by: of those that may stop a part of it.
    """

    stopped_by: tuple[str, ...] = ()
    limited_by: tuple[str, ...] = ()
