"""One safety rule per file: each looks at a plan in the making and returns findings."""
