"""The access that a plan gives and takes: roles that a principal may assume, and administrator powers."""
