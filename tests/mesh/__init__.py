"""Several households with several arrs each, and the people who use them, over weeks of virtual time."""
