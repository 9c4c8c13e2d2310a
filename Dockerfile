FROM python:3.12-slim AS build
COPY . /src
RUN python -m venv /opt/mesharr \
    && /opt/mesharr/bin/pip install --no-cache-dir "/src[notify,rclone]"

FROM python:3.12-slim
RUN apt-get update \
    && apt-get install -y --no-install-recommends tini tzdata \
    && rm -rf /var/lib/apt/lists/*
COPY --from=build /opt/mesharr /opt/mesharr
# Under this name, `docker exec … mesharr status` becomes the daemon's user too.
COPY --chmod=755 mesharr/container/entrypoint.sh /usr/local/bin/mesharr
# mesharr's bin stands behind all others: there is a `mesharr` in it, too, and rclone.
# Nothing but the config dir and /tmp is written, so that the root may be read-only: Python has its bytecode, and
# rclone's own files are in HOME, which a user without a name would not have.
# One arena for all threads: they take turns in Python anyway, and what one freed the others use.
ENV PATH="${PATH}:/opt/mesharr/bin" \
    MESHARR_CONFIG_DIR=/config \
    HOME=/config \
    MALLOC_ARENA_MAX=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1
VOLUME /config
EXPOSE 9494
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=60s --timeout=10s --start-period=60s --retries=3 \
    CMD ["/opt/mesharr/bin/python", "-c", "import urllib.request as r; r.urlopen('http://127.0.0.1:9494/ping', timeout=8)"]
ENTRYPOINT ["tini", "--", "/usr/local/bin/mesharr"]
CMD ["run"]
