"""Render plans, problems and other values as text, JSON, Markdown and AWS CLI commands. It decides nothing."""
