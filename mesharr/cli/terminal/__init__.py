"""Talk to a terminal: progress of what takes longer, completion of what is typed."""
