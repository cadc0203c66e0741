"""Run a command or the user's shell in another environment. Standard library and `model` only."""
