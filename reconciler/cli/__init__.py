"""The command line. Each command is one file, which holds its options, its output and its exit code."""
