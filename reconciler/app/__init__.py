"""Use cases: the only place where files, AWS and plans meet."""
