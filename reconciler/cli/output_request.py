"""How a plan, or the plans of many accounts, are printed and saved: the values of the options of `plan` and `show`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.plan.digest.detail import Detail


@dataclass(frozen=True)
class OutputRequest:
    """The values of `output_options`."""

    form: str
    out: str | None
    detailed_exitcode: bool
    detail: Detail
    no_pager: bool
