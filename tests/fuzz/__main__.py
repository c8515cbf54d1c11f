"""Fuzz one reader by libFuzzer: python -m tests.fuzz TARGET [an option of libFuzzer's ...].

libFuzzer keeps each file that reaches new code, and changes that file further. A file that breaks
something stays in the working folder, as crash-..., oom-... or timeout-.... When the fault is
fixed, move the file to tests/fuzz/corpus/TARGET: test_fuzz reads it from there.
"""

import sys
import tempfile
from pathlib import Path

import atheris

# The libraries that read a target's files, besides lenet.
_LIBRARIES = {
    "raw": ["zipfile"],
    "inspect": ["numpy.lib", "zipfile"],
    "picture": ["PIL"],
    "npz": ["numpy.lib", "zipfile"],
    "params": ["ruamel.yaml"],
    "model": [],
    "predict": ["PIL", "numpy.lib", "zipfile"],
}


def main() -> None:
    """Fuzz until an option of libFuzzer ends it."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["lenet", *_LIBRARIES[name]]):
        from tests.fuzz.targets import SEEDS, TARGETS
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder, "corpus")
        corpus.mkdir()
        kept = Path(__file__).with_name("corpus") / name
        for number, seed in enumerate((*SEEDS[name], *(p.read_bytes() for p in kept.glob("*")))):
            (corpus / str(number)).write_bytes(seed)
        path = Path(folder, "file")

        def one_input(content: bytes) -> None:
            path.write_bytes(content)
            TARGETS[name](path)

        # Seconds and MiB: no small file may take more.
        limits = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"]
        atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
