"""The comparison of a file with the live account: differences, renames, owners."""
