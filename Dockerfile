# The tap alone, without a target and not as root:
#
#   docker build -t tap-mews .
#   docker run --rm -v "$PWD/config.json:/config.json:ro" tap-mews --config /config.json
#
# config.json must be readable by user 10001; or pass settings with -e and --config ENV.
FROM python:3.13-slim AS build
WORKDIR /src
COPY pyproject.toml constraints.txt README.md LICENSE ./
COPY schemas schemas
COPY tap_mews tap_mews
RUN python -m venv /tap \
 && /tap/bin/pip install --no-cache-dir --constraint constraints.txt --upgrade pip \
 && /tap/bin/pip install --no-cache-dir --constraint constraints.txt \
      --build-constraint constraints.txt . \
 && /tap/bin/pip uninstall --yes pip \
 # the wheel of pcre2 brings its sources and manuals
 && rm -rf /tap/src /tap/share

FROM python:3.13-slim
COPY --from=build /tap /tap
RUN useradd --uid 10001 --no-create-home --shell /usr/sbin/nologin tap
USER 10001
# Exported files are spooled here; mount a volume where /tmp is small.
WORKDIR /tmp
ENTRYPOINT ["/tap/bin/tap-mews"]
