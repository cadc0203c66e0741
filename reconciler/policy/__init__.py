"""Policy documents, pure: canonical form, grammar, statements, trust rules, lint. Standard library only."""
