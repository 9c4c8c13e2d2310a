"""`python -m tests.fuzz`: hostile bytes until one does harm; see `tests.properties.fuzz`."""

import sys

from tests.properties.fuzz.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
