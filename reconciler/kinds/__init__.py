"""One file per IAM kind: how it is declared, compared, created, changed and deleted. `registry.py` lists them."""
