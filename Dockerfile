# A machine that MXNet has wheels for, wherever Linux containers run: Apple silicon, Windows.
#   docker build --tag lenet .
#   docker run --rm --interactive --tty --volume "$PWD:/lenet" lenet
# Every `make` command works inside; .venv, data and results stay in the folder.
# The platform is fixed, because MXNet's wheel for ARM lacks libraries that only Arm gives out.
# Bookworm brings Python 3.11; later releases of Debian bring a Python that is too new for MXNet.
FROM --platform=linux/amd64 debian:bookworm-slim
# MXNet's wheel needs libquadmath, which comes with libgfortran5. The tests look at pages in
# chromium, and the program that drives chromium needs libatomic1.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
        ca-certificates chromium git libatomic1 libgfortran5 libgomp1 make python3 \
        python3-venv \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --shell /bin/bash lenet \
    && git config --system --add safe.directory /lenet
USER lenet
WORKDIR /lenet
CMD ["bash"]
