.PHONY: install test lint types fix bench soak

install: ## everything a developer needs
	pip install -e '.[dev]'

test: ## the quick tests, under ten minutes
	pytest -q

lint:
	ruff check .
	ruff format --check .

types:
	mypy

fix: ## mend what can be mended
	ruff check --fix .
	ruff format .

bench: ## figures of the analyser and of the metrics
	python benchmarks/analyser.py
	python benchmarks/metrics.py

soak: ## the long tests
	pytest -m exhaustive -q
