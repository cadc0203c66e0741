"""Running a command or the person's shell in another environment; standard library and model only."""
