"""The use cases: the only package that joins files, AWS, plans and rendering."""
