# A table of contents: every target is one script. `make` lists them.
.DEFAULT_GOAL := help
.PHONY: help run test check gen bench soak

help: ## List the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

run: ## Build everything and open a demo desk on http://127.0.0.1:8080
	@scripts/run

test: ## Install what the tests need, run every stage, end with "N passed, N failed"
	@scripts/test

check: ## Fast static checks: format, lints, licences, spelling, web
	@scripts/test tools format web lint licences spelling

gen: ## Write the generated files anew: OpenAPI, API types, settings reference
	@scripts/generated write

bench: ## Measure the figures of docs/benchmarks.md (release build, more than an hour)
	@scripts/bench

soak: ## Fuzz the guard, then kill the server for an hour: STANDFAST_FUZZ_SECONDS, STANDFAST_SOAK_MINUTES, STANDFAST_SOAK_CYCLES
	@scripts/soak
