"""How values are written in mesharr.yml: each is parsed, and written so that it parses back."""
