"""Check the assertions of a file on an account: in the file alone, or as it will be after a plan. Pure.

- `subjects`: the principals and resources that the patterns of an assertion mean.
- `policy_sets`: principals with the same policies, which get the same answer.
- `role_requests`: may a principal assume a role of the account, whatever it sends?
- `judge`: the breaches of one assertion. `entrants`: those of `assumable_only_by`.
- `words`: breaches → problems. `check`: all together, for a plan and for files.
"""
