"""Run all benchmarks, or the named ones, and write bench/RESULTS.md.

python -m bench [NAME ...]; `python -m bench --help` lists the names
"""

import argparse
from pathlib import Path

from bench import conversion, report, scale, setup, tests, training, workflow

# The tests come first: they compare the pages with the figures that the other parts write.
BENCHMARKS = {
    "tests": tests,
    "setup": setup,
    "conversion": conversion,
    "training": training,
    "workflow": workflow,
    "scale": scale,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Run the benchmarks that are named, or all; the parts of the others stay as they are."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"found {', '.join(unknown)}; expected {', '.join(BENCHMARKS)}")
    for name in names:
        lines = [f"Measured on {report.machine()}"]
        for title, table in BENCHMARKS[name].measure():
            lines.append(f"### {title}\n\n{table.to_markdown(index=False)}")
            print(f"\n{lines[-1]}", flush=True)
        text = RESULTS.read_text() if RESULTS.exists() else ""
        RESULTS.write_text(report.renewed(text, name, "\n\n".join(lines), order=[*BENCHMARKS]))


if __name__ == "__main__":
    main()
