"""Role aliases → temporary credentials; standard library only, so that a warm run imports next to nothing."""
