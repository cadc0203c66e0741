"""The guards of a plan, one safety rule per file. Each checks a draft of the plan and returns findings."""
