# Two commands matter: `make demo` and `make test`. Each makes .venv first, if it is not there.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What `make demo` installs beside the library; without torch: make demo EXTRAS=plot
EXTRAS ?= torch,plot
JOBS ?= 2
# Slow tests that need no quiet machine; the others measure, or start many processes of their own.
SIDE_BY_SIDE := tests/course tests/judging
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt
SOURCES := setup.py pyproject.toml constraints.txt \
	$(wildcard backends/recsys_backends/optimized/*.pyx) \
	$(wildcard backends/recsys_backends/optimized/include/*.h)

.PHONY: demo test test-slow lint format bench bench-ops peers als tuned quality evaluation floor \
	scaling reading first-answer retrieval towers tower-features grading outside-clock profile \
	profile-towers build clean help

help:
	@echo "make demo       race the backends on the built-in data"
	@echo "make test       every check and test but the slow ones"
	@echo "make test-slow  the slow ones: every way to build, the sanitizers, a learner, a browser"
	@echo "make lint       ruff and mypy          make format  ruff's formatter"
	@echo "make bench      how fast the kernels are, in one run; and, of benchmarks/:"
	@echo "make bench-ops  every op on every backend   make peers    beside implicit and cornac"
	@echo "make als        ALS to the same loss        make tuned    ranking, all tuned alike"
	@echo "make floor      how far from the memory     make scaling  1, 10, 50 million interactions"
	@echo "make quality    how well each ranks         make evaluation  what judging costs"
	@echo "make first-answer  torch, ONNX Runtime  make retrieval  approximate beside exact"
	@echo "make profile    where the time goes         (each takes BENCH=\"its options\")"
	@echo "make towers     TwoTower beside a plain loop   make tower-features  what features bring"
	@echo "make profile-towers  where TwoTower's time goes"
	@echo "make grading    a class, beside nbgrader    make reading    files, beside pandas and polars"
	@echo "make build      sdist, wheel, answers  make clean   what was made here, .venv too"

demo: $(VENV)/demo.stamp
	$(BIN)/tito race

test: lint
	$(BIN)/python -m pytest -n $(JOBS) -m "not slow"

test-slow: $(VENV)/dev.stamp
	$(BIN)/python -m pytest -n $(JOBS) -m slow $(SIDE_BY_SIDE)
	$(BIN)/python -m pytest -m slow $(SIDE_BY_SIDE:%=--ignore=%)

lint: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python tests/house/lint_words.py

format: $(VENV)/dev.stamp
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/speed.py $(BENCH)

bench-ops: $(VENV)/dev.stamp
	$(BIN)/python -m pytest benchmarks/bench_ops.py --benchmark-min-rounds=3 \
		--benchmark-columns=median,min,iqr,rounds --benchmark-sort=name $(BENCH)

peers: $(VENV)/peers.stamp
	$(BIN)/python benchmarks/peers.py $(BENCH)

als: $(VENV)/peers.stamp
	$(BIN)/python benchmarks/als_to_loss.py $(BENCH)

tuned: $(VENV)/peers.stamp
	$(BIN)/python benchmarks/tuned.py $(BENCH)

quality: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/quality.py $(BENCH)

evaluation: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/evaluation.py $(BENCH)

floor: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/floor.py $(BENCH)

scaling: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/scaling.py $(BENCH)

reading: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/reading.py $(BENCH)

first-answer: $(VENV)/serve.stamp
	$(BIN)/python benchmarks/first_answer.py $(BENCH)

retrieval: $(VENV)/serve.stamp
	$(BIN)/python benchmarks/retrieval.py $(BENCH)

profile: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/profile_loop.py $(BENCH)
	$(BIN)/python benchmarks/profile_kernel.py

towers: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/two_tower_speed.py $(BENCH)

tower-features: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/two_tower_features.py $(BENCH)

grading: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/grading_speed.py $(BENCH)

outside-clock: $(VENV)/dev.stamp
	$(BIN)/python benchmarks/outside_clock.py $(BENCH)

profile-towers: $(VENV)/demo.stamp
	$(BIN)/python benchmarks/profile_two_tower.py $(BENCH)

build: $(VENV)/dev.stamp
	$(BIN)/python -m build
	$(BIN)/tito dev answers build/answers
	$(BIN)/python -m build --wheel --outdir dist build/answers

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
	rm -f backends/recsys_backends/optimized/*.c backends/recsys_backends/optimized/*.so
	find . -name __pycache__ -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "recsys_edu needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/demo.stamp: $(VENV)/bin/python $(SOURCES)
	$(INSTALL) -e '.[$(EXTRAS)]'
	@touch $@

$(VENV)/dev.stamp: $(VENV)/bin/python $(SOURCES)
	$(INSTALL) -e '.[torch,serve,course,author,grade,dev]'
	@touch $@ $(VENV)/demo.stamp

$(VENV)/peers.stamp: $(VENV)/bin/python $(SOURCES)
	$(INSTALL) -e '.[$(EXTRAS),peers]'
	@touch $@ $(VENV)/demo.stamp

$(VENV)/serve.stamp: $(VENV)/bin/python $(SOURCES)
	$(INSTALL) -e '.[$(EXTRAS),serve]'
	@touch $@ $(VENV)/demo.stamp
