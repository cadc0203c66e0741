"""Decide how much of a plan a reader sees, what is gathered into one line, and how risky each line is."""
