"""Files that somebody else may have put where we look: bounded reads, outputs that follow no link, owners."""
