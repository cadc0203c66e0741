"""Every problem code: what is wrong, why it matters and how to fix it. Standard library only, and pure."""
