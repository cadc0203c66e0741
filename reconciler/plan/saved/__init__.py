"""Saved plans and journals: how a plan is written to a file, read again, and undone."""
