"""Measure everything and write bench/RESULTS.md.

python -m bench [conversion | training | workers | learning | workflow ...]
"""

import argparse
from pathlib import Path

from bench import conversion, learning, training, workers, workflow
from bench.report import machine

BENCHMARKS = {
    "conversion": conversion,
    "training": training,
    "workers": workers,
    "learning": learning,
    "workflow": workflow,
}
RESULTS = Path(__file__).with_name("RESULTS.md")


def main() -> None:
    """Run the benchmarks that are named, or all; only all of them make the file anew."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    names = parser.parse_args().names or list(BENCHMARKS)
    parts = [f"# Benchmarks\n\nMade by `make bench` on {machine()}"]
    for name in names:
        for title, table in BENCHMARKS[name].measure():
            part = f"## {title}\n\n{table.to_markdown(index=False)}"
            print(f"\n{part}", flush=True)
            parts.append(part)
    if names == list(BENCHMARKS):
        RESULTS.write_text("\n\n".join(parts) + "\n")


if __name__ == "__main__":
    main()
