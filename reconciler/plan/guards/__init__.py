"""The guards of a plan. `plan/build.py:GUARDS` lists the functions that refuse plans; `lockout.py` stands beside them.

The other modules hold what guards share: draft, losses, assume_graph, role_chains, sign_in, strictness, undo_rights.
"""
