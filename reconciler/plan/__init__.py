"""Make a plan from the desired and the live account. Pure: no I/O."""
