"""The order of the calls of a plan."""
