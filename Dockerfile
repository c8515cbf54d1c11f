# A system that MXNet runs on, wherever Linux containers run: Apple silicon, Windows.
#   docker build --tag lenet .
#   docker run --rm --interactive --tty --volume "$PWD:/lenet" lenet
# Every `make` command works inside; .venv, data and results stay in the folder.
# Bookworm brings Python 3.11; later releases of Debian bring a Python that is too new for MXNet.
FROM debian:bookworm-slim
# MXNet needs libgomp1 and libgfortran5, and on arm64 libopenblas0-pthread and liblapacke too. The
# tests look at pages in chromium, and the program that drives chromium needs libatomic1.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates chromium git libatomic1 libgfortran5 libgomp1 liblapacke \
        libopenblas0-pthread make python3 python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /bin/bash lenet \
    && git config --system --add safe.directory /lenet
USER lenet
WORKDIR /lenet
CMD ["bash"]
