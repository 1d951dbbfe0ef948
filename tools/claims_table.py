#!/usr/bin/env python3
"""Prints the table of claims of docs/results/README.md, from the pages that `lth reproduce` made beside it.

    tools/claims_table.py
"""

from pathlib import Path

RESULTS = Path(__file__).parent.parent / "docs/results"
HEADER = "\n| claim | verdict | ours |\n"


def claims(page):
    """Text and verdict of each claim of a page, and what is said of ours."""
    _, _, table = page.partition(HEADER)
    rows = table.strip().splitlines()[1:]
    for row in rows:
        if not row.startswith("|"):
            break
        text, verdict, ours = (cell.strip() for cell in row.strip("|").split(" | "))
        yield text, verdict, ours


def main():
    print("| published | claim | verdict | ours |\n|---|---|---|---|")
    for path in sorted(RESULTS.glob("*.md")):
        page = path.read_text(encoding="utf-8")
        name = path.stem
        for text, verdict, ours in claims(page):
            print(f"| [{name}]({path.name}) | {text} | {verdict} | {ours} |")


main()
