"""Explain why AWS refuses a role: the evidence, its evaluation, and the line of the file to change."""
