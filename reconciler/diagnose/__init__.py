"""Why AWS refuses a role: evidence, the evaluation of it, and the line of the file to change."""
