# clearhook: `make run` and `make test` are all that is needed; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
TARGET := $(or $(CARGO_TARGET_DIR),target)
IN := source scripts/env.sh &&

.PHONY: help setup run test build dev lint e2e unit soak screenshots dist dist-test bench audit fuzz clean

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z0-9-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

run: ## Set up what is missing, build without optimisation, and serve a demo at http://127.0.0.1:3000
	@scripts/build.sh
	@"$(TARGET)/debug/clearhook" serve --demo

test: ## Set up what is missing and run every check
	@scripts/test.sh

setup: ## Install what build and tests need
	@scripts/setup.sh

build: ## Build target/release/clearhook, with the site inside it
	@scripts/build.sh --release
	@if [ "$(TARGET)" != target ]; then mkdir -p target/release && cp "$(TARGET)/release/clearhook" target/release/; fi

soak: ## Run the long forms of the tests: crashes and kills, many times (ROUNDS=25)
	@scripts/soak.sh

dist: ## Build packages into target/packages: binary, .deb, container files, Helm chart, SBOM, checksums
	@scripts/dist.sh

dist-test: ## Check the packages: install, run and purge the .deb in a clean system, build the image
	@scripts/dist-test.sh

bench: ## Measure deliveries, latencies and memory next to what the machine can do (PARTS="sqlite one latency")
	@scripts/setup.sh
	@scripts/setup.sh --bench
	@scripts/site.sh
	@$(IN) cargo bench --locked --features ssr --bench delivery -- $(PARTS)

dev: ## Build and run anew on each change (cargo leptos watch)
	@scripts/setup.sh --dev
	@$(IN) CLEARHOOK_DATA_DIR=target/dev-data cargo leptos watch

lint: ## Check formatting, clippy for server and browser, and the dependencies of the browser build
	@scripts/lint.sh

unit: ## Unit and integration tests, on SQLite and PostgreSQL
	@$(IN) cargo test --locked --workspace --features ssr

e2e: ## Journeys in a real browser
	@scripts/e2e.sh

screenshots: ## Write a picture of each page into target/pictures, and those of the README into docs
	@CLEARHOOK_PICTURES=../target/pictures scripts/e2e.sh --project pictures
	@for picture in docs/*.png; do cp "target/pictures/$${picture##*/}" docs/; done

audit: ## Check licences, sources and known vulnerabilities of the dependencies
	@scripts/setup.sh --audit
	@scripts/audit.sh

fuzz: ## Run the fuzz targets of the parsers of untrusted input, 30 s each (FOR=30 TARGETS="url_rules cursors")
	@scripts/setup.sh --fuzz
	@FOR="$(FOR)" TARGETS="$(TARGETS)" scripts/fuzz.sh

clean: ## Remove what was built
	@rm -rf target fuzz/target end2end/node_modules end2end/test-results
