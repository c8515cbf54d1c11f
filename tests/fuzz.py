"""Fuzz one reader by libFuzzer: python -m tests.fuzz TARGET [an option of libFuzzer's ...].

It keeps what gets into code that no file got into before, and goes on from there. A file that
breaks something is left in the folder, as crash-..., oom-... or timeout-...; when the fault has
been mended, it goes into tests/corpus/TARGET, where test_fuzz keeps it.
"""

import sys
import tempfile
from pathlib import Path

import atheris

# Beside ours, those libraries that a target's files are read by.
_LIBRARIES = {
    "raw": ["zipfile"],
    "picture": ["PIL"],
    "npz": ["numpy.lib", "zipfile"],
    "params": ["ruamel.yaml"],
    "model": [],
    "predict": ["PIL", "numpy.lib", "zipfile"],
}


def main() -> None:
    """Fuzz until an option of libFuzzer's says that it is enough."""
    name, *options = sys.argv[1:]
    with atheris.instrument_imports(include=["lenet", *_LIBRARIES[name]]):
        from tests.fuzz_seeds import SEEDS
        from tests.fuzz_targets import TARGETS
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

        # Seconds and MiB that no small file may take.
        limits = ["-timeout=10", "-rss_limit_mb=1024", "-max_len=4096"]
        atheris.Setup([sys.argv[0], *limits, *options, str(corpus)], one_input)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
