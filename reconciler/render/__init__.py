"""Plans and problems → text and JSON. Decides nothing."""
