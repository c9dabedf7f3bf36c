"""`python -m checklist sign 3.1.1 --env staging --by "Ada Lovelace" --note "window agreed"`: a line is settled."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from checklist.signatures import Signature, file_of, sign
from checklist.tables import Mistakes, validated

ENVIRONMENTS = Path(__file__).resolve().parents[1] / "environments"
EXIT_USAGE = 4


def main(arguments: list[str]) -> int:
    """0 when it is signed, 4 when it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m checklist")
    command = parser.add_subparsers(required=True).add_parser("sign", help="sign a line that people settle")
    command.add_argument("line", metavar="LINE")
    command.add_argument("--env", required=True, metavar="NAME|FILE.toml")
    command.add_argument("--by", required=True, metavar="NAME")
    command.add_argument("--note", default="")
    given = parser.parse_args(arguments)
    environment = Path(given.env) if given.env.endswith(".toml") else ENVIRONMENTS / f"{given.env}.toml"
    if not environment.is_file():
        return _refuse(f"{environment}: there is no such environment")
    entry = {"line": given.line, "by": given.by, "note": given.note, "on": datetime.now(UTC).date()}
    try:
        signature = validated(Signature, entry)
        sign(file_of(environment), signature)
    except (Mistakes, ValueError, OSError) as problem:
        return _refuse(str(problem))
    print(f"{signature.line} {signature}; it stands in {file_of(environment)}")
    return 0


def _refuse(why: str) -> int:
    print(f"checklist: {why}", file=sys.stderr)
    return EXIT_USAGE


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
