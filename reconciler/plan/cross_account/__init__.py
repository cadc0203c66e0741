"""Trusts across the accounts of an organization: whether both sides fit, and which account must wait for which.

AWS lets a principal of another account assume a role only if both sides allow it (IAM User Guide, "Cross-account policy
evaluation logic"). A plan sees one side. So `facts.py` takes the few facts that the other accounts need out of each
plan, which is then forgotten: memory does not grow with the plans of a run. `callers.py` finds the principals that may
assume roles elsewhere, `trust_lines.py` the lines of the files.

`check.py` compares the facts of all accounts: each trust against the account of the principal that it names, as that
account will be after its own plan. `side.py` asks the evaluator whether the principal's own side allows the call,
`external_ids.py` compares the external ids that are sent and demanded, and `words.py` says what does not fit.

`waits.py` finds the calls that must wait for calls of other accounts, and the waits that can never end.
"""
