"""Policy documents, pure: canonical form, statements, trust, limits and grammar. Standard library only."""
