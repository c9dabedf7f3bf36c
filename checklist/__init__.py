"""The checklist as data, and what turns checks into verdicts, a decision and files."""
