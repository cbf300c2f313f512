# make run: everything that is needed, then the app. make test: everything that is needed, then every check and test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run test check install install-dev chromium postgresql bench clean

run: install
	$(BIN)/streamlit run app.py

install: $(VENV)/.installed

install-dev: $(VENV)/.installed-dev

# The environment is made again by no one but these rules; a changed requirements file brings it up to date.
$(VENV)/.installed: requirements.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.txt
	touch $@

$(VENV)/.installed-dev: requirements.txt requirements-extras.txt requirements-dev.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements-dev.txt
	touch $@ $(VENV)/.installed

# A Chromium of the system's, or Debian's package, or Playwright's own.
chromium: install-dev
	@command -v chromium || command -v chromium-browser || command -v google-chrome \
		|| { command -v apt-get && apt-get update -q && apt-get install -y -q chromium; } \
		|| { command -v sudo && command -v apt-get && sudo apt-get update -q && sudo apt-get install -y -q chromium; } \
		|| $(BIN)/python -m playwright install --with-deps chromium

# A PostgreSQL server's programs, which the tests start themselves; on Debian they stand apart from the others.
postgresql:
	@command -v postgres || ls /usr/lib/postgresql/*/bin/postgres 2>/dev/null \
		|| { command -v apt-get && apt-get update -q && apt-get install -y -q postgresql; } \
		|| { command -v sudo && command -v apt-get && sudo apt-get update -q && sudo apt-get install -y -q postgresql; }

check: install-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# Two files at a time: much of a test is waiting for a browser, a worker or a database.
test: check chromium postgresql
	$(BIN)/python -m pytest -n 2 --dist loadfile

bench: install
	$(BIN)/python -m playground bench

clean:
	rm -rf $(VENV)
