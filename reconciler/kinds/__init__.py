"""Kinds of IAM entities, one file each: declare, compare, create, change and delete. `registry.py` lists them."""
