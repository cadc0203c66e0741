"""Turn role aliases into temporary credentials. Standard library only, so that a warm run imports next to nothing."""
