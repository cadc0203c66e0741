"""Desired state: YAML files → entities (load, declare, check), and a live account → a file (export)."""
