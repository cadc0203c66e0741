"""`reconcile rules`."""

from __future__ import annotations

import click

from reconciler.cli.completion import complete_rules


@click.command(
    "rules",
    short_help="Say what a problem code means, and how to fix it.",
    epilog="Example: reconcile rules oidc-subject-too-wide",
)
@click.argument("code", metavar="[CODE]", required=False, shell_complete=complete_rules)
@click.option(
    "--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", help="How it is printed."
)
def command(code: str | None, form: str) -> int:
    """Explain a problem code: what is wrong, why it matters, how to fix it. Without CODE, list all of them."""
    from reconciler.cli.terminal import echo, get_width
    from reconciler.model.problem import make_error
    from reconciler.model.suggest import suggest_word
    from reconciler.render import rules as render
    from reconciler.rules.registry import RULES, TOPICS

    if code is None:
        if form == "markdown":
            echo(render.render_rule_page(TOPICS))
        else:
            listed = RULES.values()
            echo(render.rules_to_json(listed) if form == "json" else render.render_rule_table(listed, get_width()))
        return 0
    rule = RULES.get(code)
    if rule is None:
        close = suggest_word(code, RULES)
        hint = f"Did you mean {close!r}?" if close else "`reconcile rules` lists all codes."
        raise make_error("unknown-rule", f"There is no problem code {code!r}.", hint=hint)
    if form == "text":
        echo(render.render_rule(rule, get_width()))
    else:
        echo(render.rules_to_json([rule]) if form == "json" else render.render_rule_section(rule))
    return 0
