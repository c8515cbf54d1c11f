# A machine that MXNet has wheels for, wherever Linux containers run: Apple silicon, Windows.
#   docker build --tag lenet .
#   docker run --rm --interactive --tty --volume "$PWD:/lenet" lenet
# Then `make repro` and all the rest as on any machine; .venv, data and results stay in the folder.
# Also where the machine is another: MXNet's wheel for ARM lacks libraries that only Arm gives out.
FROM --platform=linux/amd64 debian:bookworm-slim
# libgfortran5 brings libquadmath, where MXNet's wheel needs it; the tests look at pages in chromium,
# which they drive by a program that needs libatomic1.
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
