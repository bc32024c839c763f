# Two stages: build makes the wheel, a virtual environment from the lock and the compiled core;
# the runtime stage only copies them (no RUN: it works as any user, on a read-only root).
ARG BASE_IMAGE=python:3.13-slim-bookworm

FROM ${BASE_IMAGE} AS packages
WORKDIR /src
ENV PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_ROOT_USER_ACTION=ignore
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /opt/build && /opt/build/bin/pip install --quiet --require-hashes -r requirements-build.lock \
 && python -m venv /opt/fragscope && /opt/fragscope/bin/pip install --quiet --require-hashes -r requirements.lock

FROM packages AS build
COPY pyproject.toml README.md LICENSE ./
COPY engine engine
COPY server server
COPY web web
COPY examples examples
COPY sweeps sweeps
# The wheel, then out with what never runs. The bytecode stays: without it every start takes a second
# more.
RUN /opt/build/bin/pip wheel --quiet --no-deps --no-build-isolation --wheel-dir /tmp/wheel . \
 && /opt/fragscope/bin/pip install --quiet --no-deps --no-compile /tmp/wheel/*.whl \
 && /opt/fragscope/bin/pip uninstall --quiet --yes pip \
 && cd /opt/fragscope/lib/python3*/site-packages \
 && /opt/fragscope/bin/python -m compileall -q engine server \
 && rm -rf numba/tests numba/cuda/tests plotly/labextension plotly/package_data/datasets \
 && find . -depth -type d -path './numpy/*' -name tests -exec rm -rf {} + \
 && find . -name '*.pyi' -delete \
 && mkdir -p /opt/volume && mkdir -m 1777 /opt/volume/data
# Compiled code is for one processor. "generic" makes the one compiled here valid on every machine of
# this architecture; docs/BENCHMARKS.md has what that costs.
ENV NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES="" FRAGSCOPE_CACHE_DIR=/opt/fragscope/core-cache
# What is left are the program, its entries and what the sources said; the parts are linked.
RUN /opt/fragscope/bin/fragscope warmup \
 && find "$FRAGSCOPE_CACHE_DIR" -name '*.part' -delete \
 && find "$FRAGSCOPE_CACHE_DIR" -type d -empty -delete \
 && du -sk "$FRAGSCOPE_CACHE_DIR"
# The base image comes without the bytecode of Python's own library: compiling it took a third of a start.
RUN library="$(python -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
 && python -m compileall -q -x '/(test|idlelib|turtledemo|lib2to3|ensurepip|site-packages)/' "$library" \
 && mkdir /opt/bytecode \
 && find "$library" -name '*.pyc' ! -path '*/site-packages/*' -exec cp --parents -t /opt/bytecode {} + \
 && du -sm /opt/bytecode

# For the sweeps of many machines: Dask as well (compose.yaml, profile "sweep"). Only what it adds, so that a change of
# ours costs nothing here; Parquet is written by whoever asks, so its library stays out.
FROM packages AS sweep-packages
COPY requirements-sweep.lock ./
RUN touch /tmp/before \
 && /opt/build/bin/pip --python /opt/fragscope/bin/python install --quiet --require-hashes -r requirements-sweep.lock \
 && rm -rf /opt/fragscope/lib/python3*/site-packages/pyarrow* \
 && mkdir /opt/added \
 && find /opt/fragscope -type f -cnewer /tmp/before -exec cp --parents -t /opt/added {} +

FROM ${BASE_IMAGE} AS runtime
LABEL org.opencontainers.image.title="fragscope" org.opencontainers.image.licenses="MIT"
COPY --from=build /opt/fragscope /opt/fragscope
COPY --from=build /opt/bytecode /
COPY --from=build /opt/volume /
ENV PATH=/opt/fragscope/bin:/usr/local/bin:/usr/bin:/bin \
    HOME=/tmp PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    NUMBA_CPU_NAME=generic NUMBA_CPU_FEATURES="" \
    FRAGSCOPE_HOST=0.0.0.0 FRAGSCOPE_PORT=8000 FRAGSCOPE_CACHE_DIR=/opt/fragscope/core-cache \
    FRAGSCOPE_DATA_DIR=/data
VOLUME /data
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['FRAGSCOPE_PORT'] + '/healthz', timeout=2)"]
# The engine reads its warm cache where it is.
CMD ["fragscope", "serve"]

FROM runtime AS sweep
COPY --from=sweep-packages /opt/added /
HEALTHCHECK NONE
CMD ["dask", "worker", "--help"]

# What is built when no target is named.
FROM runtime
