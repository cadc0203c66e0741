"""One file per command: options, terminal, exit code. Nothing else."""
