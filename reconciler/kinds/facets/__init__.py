"""Facets: what several kinds share. Each has before and after in, steps out."""
