# What people do with a checkout; `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

TARGET := $(or $(CARGO_TARGET_DIR),$(CURDIR)/target)
# rustup puts cargo into a folder that a shell opened earlier does not know yet.
export PATH := $(TARGET)/tools/bin:$(PATH):$(HOME)/.cargo/bin

.PHONY: help demo flow-demo test test-integrations check fmt clippy rustdoc pure deny style links bench doc book reference clean

help: ## List what there is
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 26

demo: ## Install what is missing, build, run the example; ends by naming the report to open
	@echo "== 1 of 3: what this machine lacks"
	@tools/install_missing.sh build
	@echo "== 2 of 3: build (a few minutes the first time, seconds after that)"
	cargo build --locked -p forewarn
	@echo "== 3 of 3: the monthly run on the data of examples/demo"
	cargo run --locked --quiet -p forewarn -- run -c examples/demo/forewarn.toml

flow-demo: ## The same run as a Prefect flow, against a server of its own; ends by naming state and report
	@tools/install_missing.sh build python
	@tools/flow_demo.sh

test: ## Run all tests, Rust and Python; ends with `N passed, N failed`
	@tools/install_missing.sh build python browser
	@tools/run_tests.sh

test-integrations: ## Run the tests with Prefect, Dask, W&B and MLflow themselves (2 GB the first time)
	@tools/install_missing.sh build python
	@tools/integration_tests.sh

check: style links fmt deny clippy pure rustdoc ## Everything but the tests: style gate, links, fmt, cargo-deny, clippy with and without XGBoost, rustdoc
	@echo "check: all passed"

style: ## Compare sizes, nesting, documentation with the house style
	@tools/install_missing.sh python
	@tools/check_style.sh

links: ## Check that every link and anchor of the documentation leads somewhere
	@tools/install_missing.sh python
	@python3 tools/check_links.py

fmt: ## Check the formatting (`cargo fmt` mends it)
	@tools/install_missing.sh lint
	cargo fmt --all --check

deny: ## Check licences, sources and duplicates of the dependencies
	@tools/install_missing.sh build deny
	@echo "cargo-deny: advisories are skipped, they need a database from the network (cargo deny check advisories)"
	cargo-deny check --hide-inclusion-graph bans licenses sources

clippy: ## Lint all targets, warnings are errors
	@tools/install_missing.sh build lint
	cargo clippy --workspace --all-targets --locked -- -D warnings

pure: ## Lint the program without XGBoost, which then needs no C++ compiler
	@tools/install_missing.sh lint
	cargo clippy -p forewarn --no-default-features --locked -- -D warnings

rustdoc: ## Build the reference, warnings are errors
	@tools/install_missing.sh build
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

bench: ## Run the criterion benches at operational size
	@tools/install_missing.sh build
	cargo bench --locked --profile dev --workspace --bench components --bench kernels --bench maps --bench monthly_run

doc: rustdoc book ## Build the reference of the code and the book
	@echo "reference: file://$(TARGET)/doc/forewarn_core/index.html"

book: links ## Build the book, warnings are errors
	@tools/install_missing.sh build book
	@tools/build_book.sh "$(TARGET)/book"

reference: ## Write docs/reference from what the program says
	@tools/install_missing.sh build python
	cargo build --locked --quiet -p forewarn
	@python3 tools/make_reference.py $(TARGET)/debug/forewarn

clean: ## Remove everything that was built or written here
	cargo clean
	rm -rf forewarn-out examples/*/forewarn-out
