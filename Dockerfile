# Built in one stage, run from another that has no compiler and no pip cache.
FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN python -m venv /opt/fedi-k12
WORKDIR /src
COPY .ci/lock/runtime.txt .ci/lock/runtime.txt
RUN /opt/fedi-k12/bin/pip install --quiet --no-deps --require-hashes -r .ci/lock/runtime.txt
COPY pyproject.toml README.md LICENSE ./
COPY fedi_k12 fedi_k12
COPY federation federation
COPY storage storage
COPY webui webui
RUN /opt/fedi-k12/bin/pip install --quiet --no-deps --no-build-isolation .
# Servers run without docstrings (fedi_k12/bare.py), and may not write there.
RUN /opt/fedi-k12/bin/python -m compileall -q -o 2 /opt/fedi-k12/lib


FROM python:3.13-slim

LABEL org.opencontainers.image.title="fedi-k12" \
      org.opencontainers.image.licenses="AGPL-3.0-or-later"
RUN groupadd --gid 10001 fedi && useradd --uid 10001 --gid fedi --no-create-home fedi \
    && install -d -o fedi -g fedi /data
COPY --from=build /opt/fedi-k12 /opt/fedi-k12
ENV PATH=/opt/fedi-k12/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FEDI_K12_LISTEN=0.0.0.0:8080 \
    FEDI_K12_DATA_DIR=/data
USER 10001:10001
WORKDIR /data
VOLUME /data
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["fedi-k12"]
CMD ["serve"]
