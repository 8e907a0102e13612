# make demo: build, then draw a first curve.   make test: everything that must hold.   make help: the rest.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# What `cargo clippy` and maturin build the bindings against.
export PYO3_PYTHON := $(CURDIR)/$(BIN)/python
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_QUIET := 1

SOURCES := Cargo.toml Cargo.lock pyproject.toml $(shell find rust -name '*.rs')

.PHONY: help demo test bench wheel lock format clean tools

help:
	@echo 'make demo    build in .venv and draw the accuracy curve of the digits under flip noise'
	@echo 'make test    lints, types, and the tests of Rust and Python'
	@echo 'make bench   times beside those of faiss and scikit-learn (PYNOISE_DATA: a folder with MNIST)'
	@echo 'make wheel   one abi3 wheel in dist/'
	@echo 'make format  format the code'
	@echo 'make lock    pin the Python packages anew'
	@echo 'make clean   remove what was built'

demo: $(VENV)/.built
	$(BIN)/pynoise curve --K 51 --noise flip --out curve.png

test: $(VENV)/.built $(VENV)/.engines
	cargo fmt --check
	cargo clippy --locked --all-targets --all-features -- -D warnings
	cargo test --locked --quiet
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/python -m mypy.stubtest pynoise._core
	$(BIN)/python -m pytest

bench: $(VENV)/.built $(VENV)/.bench
	$(BIN)/python benches/run.py

# No paths of this machine in what others get.
wheel: export CARGO_TARGET_DIR := target/wheel
wheel: export RUSTFLAGS := --remap-path-prefix=$(HOME)= --remap-path-prefix=$(CURDIR)=
wheel: $(VENV)/.packages
	$(BIN)/maturin build --release --locked --out dist

format: $(VENV)/.packages
	cargo fmt
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(VENV)/.packages
	$(BIN)/uv pip compile --quiet --universal --no-header --upgrade --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --no-header --upgrade --extra train --extra hnsw --extra onnx --extra ray \
		--extra report --extra parquet --group engines \
		-c requirements/dev.txt pyproject.toml -o requirements/engines.txt
	$(BIN)/uv pip compile --quiet --universal --no-header --upgrade --extra bench -c requirements/dev.txt \
		pyproject.toml -o requirements/bench.txt

clean:
	rm -rf target dist $(VENV) pynoise/_core.*.so

$(VENV)/.built: $(VENV)/.packages $(SOURCES)
	$(BIN)/maturin develop --release --locked --quiet
	@touch $@

# PyTorch, hnswlib and ONNX, which only the tests of what uses them need: some gigabytes.
$(VENV)/.engines: $(VENV)/.packages requirements/engines.txt
	$(BIN)/pip install -r requirements/engines.txt
	@touch $@

$(VENV)/.bench: $(VENV)/.engines requirements/bench.txt
	$(BIN)/pip install -r requirements/bench.txt
	@touch $@

$(VENV)/.packages: requirements/dev.txt | tools
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -r requirements/dev.txt
	@touch $@

tools:
	@command -v $(PYTHON) >/dev/null || { \
		echo 'make: $(PYTHON) is missing: install Python 3.11 or later (https://www.python.org/downloads/)' >&2; \
		echo '      or name yours: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo 'make: $(PYTHON) does not run as Python 3.11 or later: install Python 3.11 or later (https://www.python.org/downloads/)' >&2; \
		echo '      or name yours: make PYTHON=/path/to/python3' >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
		echo 'make: $(PYTHON) has no venv: install it (Debian, Ubuntu: apt-get install python3-venv)' >&2; exit 1; }
	@command -v cargo >/dev/null || { \
		echo 'make: cargo is missing: install Rust 1.89 or later (https://rustup.rs)' >&2; exit 1; }
	@command -v cc >/dev/null || { \
		echo 'make: cc is missing, which Rust links with: install a C compiler (Debian, Ubuntu: apt-get install gcc libc6-dev)' >&2; exit 1; }
	@command -v c++ >/dev/null || { \
		echo 'make: c++ is missing, which hnswlib is built with: install a C++ compiler (Debian, Ubuntu: apt-get install g++)' >&2; exit 1; }
