"""Make the test vectors of docs/log-format.md; `python -m tests.vectors` writes docs/test-vectors."""
