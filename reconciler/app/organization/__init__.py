"""Use cases over many accounts: find them, plan each, apply each, and merge the results.

`members.py` finds the accounts of a file. `runner.py` runs them side by side. `plan.py` and `apply.py` do one account
each with the use cases for one account, so that every guard, journal and rule is the same.
"""
