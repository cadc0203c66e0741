"""Facets: parts that several kinds share, such as tags. Each turns a state before and after into steps."""
