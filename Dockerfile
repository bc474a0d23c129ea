# The crawler as a container: `make image` builds it, `make image-test` tries it, docs/how-to.md says how to run it.
#
# The tests run on Python 3.11; the tag moves on with security fixes. Another image with Python 3.11 or newer will do as
# well, since both stages use it: --build-arg BASE=registry.example.org/python:3.13-slim
ARG BASE=python:3.11-slim

# What only the build needs stays in this stage.
FROM ${BASE} AS build
# pip reads these if they are given. Give a pip.conf with a password as a secret: that leaves no trace.
ARG PIP_INDEX_URL
ARG PIP_EXTRA_INDEX_URL
ARG PIP_FIND_LINKS
ARG PIP_NO_INDEX
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
# The extra that the demo needs; --build-arg EXTRAS=all installs all of them.
ARG EXTRAS=report
WORKDIR /build
COPY constraints.txt ./
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    python3 -m venv tools && tools/bin/python -m pip install --constraint constraints.txt setuptools \
    && python3 -m venv --without-pip /opt/asyncscrape
COPY pyproject.toml README.md LICENSE ./
COPY asyncscrape asyncscrape
RUN --mount=type=secret,id=pip.conf,target=/etc/pip.conf \
    tools/bin/python -m pip wheel --no-deps --no-build-isolation --wheel-dir wheels . \
    && tools/bin/python -m pip --python /opt/asyncscrape/bin/python install --constraint constraints.txt \
        --only-binary :all: "$(echo wheels/*.whl)[${EXTRAS}]"

FROM ${BASE}
# The standard library comes uncompiled, and at run time nobody may write beside it. The user has a name because Postgres
# uses it as login if the URL gives none.
RUN python3 -m compileall -q -x '/(test|tests|lib2to3|site-packages|dist-packages)/' \
        "$(python3 -c 'import sysconfig; print(sysconfig.get_path("stdlib"))')" \
    && useradd --uid 65532 --user-group --create-home --shell /usr/sbin/nologin asyncscrape \
    && install --directory --owner=65532 --group=65532 /data
COPY --from=build /opt/asyncscrape /opt/asyncscrape
COPY config /etc/asyncscrape
# Everything that a run writes goes below /data, whatever the config says about `data`; matplotlib keeps a list of fonts
# in /tmp.
ENV PATH=/opt/asyncscrape/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    MPLCONFIGDIR=/tmp/matplotlib \
    ASYNCSCRAPE__DATA=/data
USER 65532:65532
WORKDIR /data
VOLUME /data
# The crawler is process 1, without a shell, so SIGTERM reaches it: it saves everything and ends with 11.
STOPSIGNAL SIGTERM
ENTRYPOINT ["asyncscrape"]
CMD ["--help"]
