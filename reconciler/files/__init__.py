"""Files that other programs or users share: bounded reads, safe outputs, owners, AWS's INI files, user folders."""
