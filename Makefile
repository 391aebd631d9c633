# Orrery: `make run` and `make test` do all the set-up and work in a fresh clone.

SWIFT ?= swift
PREFIX ?= /usr/local
JOBS ?= 2
# An import that Package.swift does not name is an error.
BUILD_FLAGS = -j $(JOBS) --explicit-target-dependency-import-check error
RELEASE = .build/release/orrery

.PHONY: help setup build run test check lint bench presets traces install clean sweep kill-test efficiency-test slurm-test page-test

help: ## Show this help
	@grep -E '^[a-z-]+:.*## ' Makefile | sed 's/:.*## /\t/' | expand -t 12

setup: ## Install missing system packages (through apt, as root or with sudo)
	@sh Scripts/setup.sh

build: setup ## Build the program, optimised
	$(SWIFT) build -c release --product orrery $(BUILD_FLAGS)

run: build ## Build everything and simulate a shipped trace
	$(RELEASE) simulate traces/llama3-8b-decode.jsonl.zst --system h100

sweep: build ## Run a shipped sweep and write its page to page/index.html
	$(RELEASE) sweep configs/sweeps/neupims-batch.yaml --report page

kill-test: build ## Kill a 200-point sweep 20 times, resume it, compare the stores
	bash Scripts/kill-test.sh $(RELEASE)

efficiency-test: build ## Parallel efficiency of a sweep on 2 cores, from CPU seconds and work counts
	bash Scripts/efficiency-test.sh $(RELEASE)

slurm-test: build ## Run a sweep on a real Slurm on loopback, with a task that dies
	@sh Scripts/setup.sh slurm
	bash Scripts/slurm-test.sh $(RELEASE)

page-test: build ## Open report pages in headless Chromium, offline, light and dark
	@sh Scripts/setup.sh chromium
	bash Scripts/page-test.sh $(RELEASE)

test: setup ## Run every test
	$(SWIFT) build --build-tests $(BUILD_FLAGS)
	$(SWIFT) test --skip-build

check: setup lint ## Lint, file lengths, embedded presets, dependency arrows
	sh Scripts/check-tree.sh
	$(SWIFT) build $(BUILD_FLAGS)

lint:
	$(SWIFT) format lint --strict -r -p Sources Tests Package.swift

bench: build ## Print work counts, instructions and times
	sh Scripts/bench.sh

presets: ## Embed configs/ into the sources after a change there
	LC_ALL=C sh Scripts/embed-presets.sh

traces: build ## Write the shipped traces anew
	sh Scripts/make-traces.sh $(RELEASE)

install: setup ## Install to PREFIX (default /usr/local); the clone may be deleted afterwards
	$(SWIFT) build -c release --product orrery --static-swift-stdlib $(BUILD_FLAGS) \
		--scratch-path .build/install
	install -d "$(DESTDIR)$(PREFIX)/bin"
	install -s -m 755 .build/install/release/orrery "$(DESTDIR)$(PREFIX)/bin/orrery"

clean: ## Remove what was built
	rm -rf .build
