"""Say what a plan gives and takes, and answer questions about access: roles to assume, permissions, ways to power."""
