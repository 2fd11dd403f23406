# A container after the contract of the MIDOG contests, without a network:
#   docker build -t mitosis .
#   docker run --rm --network none -v IN:/input:ro -v OUT:/output mitosis
# Without docker: python -m mitosis.contest input=IN output=OUT
FROM python:3.12-slim

WORKDIR /opt/mitosis
COPY requirements.lock requirements-uv.lock ./
RUN pip install --no-cache-dir --no-deps --require-hashes -r requirements-uv.lock \
    && uv pip sync --system --no-cache --require-hashes --compile-bytecode requirements.lock
COPY pyproject.toml README.md LICENSE ./
COPY conf conf
COPY hydra_plugins hydra_plugins
COPY mitosis mitosis
RUN uv pip install --system --no-cache --no-deps --no-build-isolation . \
    && useradd --create-home reader
USER reader
WORKDIR /home/reader
ENTRYPOINT ["python", "-m", "mitosis.contest", "input=/input", "output=/output"]
