# One image for every process; compose.yaml says which command each container runs.
FROM python:3.12-slim-bookworm
RUN apt-get update -qq \
 && apt-get install -y -qq --no-install-recommends fonts-noto-cjk libpango-1.0-0 libpangoft2-1.0-0 postgresql-client \
 && rm -rf /var/lib/apt/lists/* \
 && useradd --system --create-home --home-dir /var/lib/aefi aefi
WORKDIR /opt/aefi
COPY requirements.lock ./
RUN pip install --quiet --no-cache-dir --require-hashes -r requirements.lock
COPY . .
RUN pip install --quiet --no-cache-dir --no-deps --no-build-isolation --no-index --editable . \
 && python -m dashboards.project.messages
ENV AEFI_VAR_DIR=/var/lib/aefi/var PYTHONUNBUFFERED=1
USER aefi
RUN mkdir -p /var/lib/aefi/var
CMD ["aefi", "doctor"]
