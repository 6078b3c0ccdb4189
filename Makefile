.PHONY: install test lint types fix package bench soak beam site

install: ## everything a developer needs
	pip install -e '.[dev]'

test: ## the quick tests
	pytest -q

lint:
	ruff check .
	ruff format --check .

types:
	mypy

fix: ## mend what can be mended
	ruff check --fix .
	ruff format .

package: ## the wheel, built and installed into an empty environment; some minutes
	pytest -n 0 -m exhaustive -q tests/test_package.py

bench: ## the figures of docs/performance.md, of the analyser and of the metrics; an hour
	set -e; for each in loop startup scaling prepare sampling sampling_two_clocks image rep_noise report analyser metrics; do python benchmarks/$$each.py; done

soak: ## the long tests, two at a time
	pytest -m exhaustive -q -o timeout=1500

beam: ## preparation as an Apache Beam pipeline, whose packages are large
	pip install -e '.[test,beam]'
	pytest -q tests/test_beam.py

site: ## the documentation, into build/site
	NO_MKDOCS_2_WARNING=1 mkdocs build --strict --quiet
