"""Who gains and loses access by a plan: roles that can be assumed, and administrator powers."""
