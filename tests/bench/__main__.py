"""`python -m tests.bench NAME [options] [--json]`: one benchmark; its last line is one JSON object."""

import argparse
import json
import sys

from tests.bench import (
    bootstrap,
    cli,
    day,
    first_day,
    first_run,
    hear,
    hostile,
    idle,
    join,
    log,
    page,
    uploads,
    webhooks,
)


def main(argv: list[str]) -> int:
    """Run the benchmark named; return 0 when its bounds hold."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    names = parser.add_subparsers(dest="name", required=True)
    log.arguments(names.add_parser("log", help="catching up with a long log from a local store"))
    idle.arguments(names.add_parser("idle", help="memory of the daemon with a long history"))
    bootstrap.arguments(names.add_parser("bootstrap", help="requests to the arrs of a household that joins"))
    first_day.arguments(names.add_parser("first-day", help="two full households begin, and a day passes"))
    first_run.arguments(names.add_parser("first-run", help="a large library begins, and is cut off half-way"))
    hostile.arguments(
        names.add_parser("hostile", help="what a malicious peer and a full port make a node do")
    )
    day.arguments(names.add_parser("day", help="what a household's day costs drive, apps and machine"))
    join.arguments(names.add_parser("join", help="a household joins, beside a loop of single adds"))
    hear.arguments(names.add_parser("hear", help="how soon a peer has an import, and its Plex knows"))
    page.arguments(names.add_parser("page", help="what the page costs with a long history"))
    cli.arguments(names.add_parser("cli", help="what the commands cost that only read"))
    uploads.arguments(names.add_parser("uploads", help="many small files, beside one rclone copy"))
    webhooks.arguments(names.add_parser("webhooks", help="how soon webhooks are answered that come at once"))
    options = parser.parse_args(argv)
    result = options.bench(options)
    if not options.json:
        for key, value in result.items():
            print(f"{key:>28}  {value}")
    print(json.dumps(result))
    return 0 if result["ok"] else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
