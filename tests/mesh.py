"""`python -m tests.mesh`: households with people, over virtual weeks; see `tests.properties.mesh`."""

from tests.properties.mesh.__main__ import main

if __name__ == "__main__":
    raise SystemExit(main())
