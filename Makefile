# tt: two-tower recommendation as Unix filters. `make help` lists the targets.
#
# Everything built goes to build/$(FLAVOUR)/: objects, lib.a, bin/ (the programs), unit/ and tools/ (for tests). A flavour is
# one set of compiler flags, so sanitizer builds never mix with the others. A program is cmd/tt-x.c; all else is found by its
# place in the tree.

CC      ?= cc
CFLAGS  ?= -O3 -g
PREFIX  ?= /usr/local
FLAVOUR ?= release
PKGS     = libxxhash openblas jansson libmicrohttpd

# -fno-math-errno lets loops with sqrt be vectorised; it changes no value.
STD      = -std=c11 -fno-math-errno -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
           -Wcast-qual -Wundef -Wvla -Wformat=2 -Wformat-truncation=0 -Wno-cast-qual
ifdef DEV
WARN    += -Werror
endif
# Vectorised loops of lib/math keep their order of addition: no -ffast-math anywhere.
ALL_CFLAGS := $(STD) $(CFLAGS) $(SAN) $(WARN) -include lib/base/banned.h -Ilib $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS  := -lcsv $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm

B        = build/$(FLAVOUR)
PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/tt-*.c))
LIB_SRC  = $(wildcard lib/*/*.c)
LIB_OBJ  = $(LIB_SRC:%.c=$B/%.o) $B/assets.o
CLI_OBJ  = $B/cmd/cli.o
UNIT_SRC = $(wildcard tests/unit/test_*.c)
UNIT_BIN = $(UNIT_SRC:tests/unit/%.c=$B/unit/%)
BIN      = $(PROGRAMS:%=$B/bin/%)
TOOL_SRC = $(wildcard tests/tools/*.c)
TOOLS    = $(TOOL_SRC:tests/tools/%.c=$B/tools/%)
BENCH_SRC = $(wildcard tests/bench/*.c)
BENCHES  = $(BENCH_SRC:tests/bench/%.c=$B/bench/%)

.PHONY: all help deps deps-ci demo run experiment check check-all check-unit check-cli check-asan check-tsan check-valgrind check-layers \
        check-headers lint install uninstall dist clean
.SECONDARY:
.DELETE_ON_ERROR:

all: $(BIN) ## build the programs (the default)

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## /{printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# ---- building ----

# `make V=1` shows the commands whole.
Q = $(if $(V),,@)
say = $(if $(V),,@echo "  $(1) $@")

$B/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC)
	$Q$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# madvise, which POSIX does not have.
$B/lib/base/alloc.o: ALL_CFLAGS += -D_DEFAULT_SOURCE
# Leases and mremap, likewise; how a shared lock treats writers.
$B/lib/io/mapped_file.o $B/lib/base/lock.o: ALL_CFLAGS += -D_GNU_SOURCE
# accept4, eventfd, the addresses and counters of sockets.
$B/lib/http/connections.o $B/lib/http/listener.o: ALL_CFLAGS += -D_GNU_SOURCE

# What tt-serve sends to browsers is part of the program.
page := lib/serve/page
$B/assets.c: lib/serve/embed.sh $(wildcard $(page)/*)
	@mkdir -p $(@D)
	$(call say,EMBED)
	$Qsh $< page 'text/html; charset=utf-8' $(page)/page.html style 'text/css; charset=utf-8' $(page)/page.css \
		script 'text/javascript; charset=utf-8' $(page)/page.js openapi application/json $(page)/openapi.json > $@

$B/assets.o: $B/assets.c
	$(call say,CC)
	$Q$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$B/lib.a: $(LIB_OBJ)
	@rm -f $@
	$(call say,AR)
	$Q$(AR) rcs $@ $^

$B/bin/%: $B/cmd/%.o $(CLI_OBJ) $B/lib.a
	@mkdir -p $(@D)
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$B/unit/%: $B/tests/unit/%.o $B/lib.a
	@mkdir -p $(@D)
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ -lcmocka $(LDLIBS)

# Small programs that tests use, such as one that makes vectors files.
$B/tools/%: $B/tests/tools/%.o $B/lib.a
	@mkdir -p $(@D)
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# What scripts of tests/bench time.
$B/bench/%: $B/tests/bench/%.o $B/lib.a
	@mkdir -p $(@D)
	$(call say,LD)
	$Q$(CC) $(CFLAGS) $(SAN) $(LDFLAGS) -o $@ $^ $(LDLIBS)

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(PROGRAMS:%=$B/cmd/%.d) $(UNIT_SRC:%.c=$B/%.d) $(TOOL_SRC:%.c=$B/%.d) \
         $(BENCH_SRC:%.c=$B/%.d)

# ---- first use ----

# Debian packages: what building needs, then what tests and pipelines need.
PACKAGES = gcc libc6-dev pkg-config libcsv-dev libxxhash-dev libopenblas-dev libjansson-dev libmicrohttpd-dev \
           libcmocka-dev mandoc gnuplot-nox zstd tzdata curl

deps: ## install the Debian packages that are missing (as root or with sudo), or say how
	@command -v dpkg-query >/dev/null || { echo "not a Debian system: needed are $(PACKAGES)" >&2; exit 0; }; \
	missing=$$(for p in $(PACKAGES); do dpkg-query -W -f '$${Status}\n' $$p 2>/dev/null | grep -q ' ok installed' || echo $$p; done); \
	[ -n "$$missing" ] || exit 0; \
	install="apt-get install -y --no-install-recommends $$(echo $$missing)"; \
	if [ "$$(id -u)" -eq 0 ]; then sudo=; elif sudo -n true 2>/dev/null; then sudo=sudo; else \
		echo "packages are missing; type: sudo $$install" >&2; exit 1; fi; \
	echo "installing: $$(echo $$missing)"; export DEBIAN_FRONTEND=noninteractive; \
	{ $$sudo apt-get update -q && $$sudo $$install; } >build-packages.log 2>&1 || { tail -n 20 build-packages.log >&2; \
		echo "could not install; type: sudo $$install" >&2; exit 1; }; rm -f build-packages.log

# What tests and lint use where it is there: a browser for the page of tt-serve, and a Python whose modules read the files.
deps-ci: PACKAGES += chromium cppcheck python3-venv
deps-ci: deps build/python/installed ## also what some tests and lint need: Chromium, cppcheck, a Python with FAISS and safetensors

build/python/installed: | deps
	python3 -m venv build/python
	build/python/bin/pip install -q --disable-pip-version-check numpy safetensors faiss-cpu
	@touch $@

PROCESSORS = $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 1)

demo: deps ## three experiments on a generated world: a table and plots in out/demo
	@$(MAKE) --no-print-directory -j $(PROCESSORS) all
	@$(MAKE) --no-print-directory -s -j $(PROCESSORS) -f pipelines/demo.mk TT=$B/bin JOBS=1 OUT=out/demo

# REVIEWS=, ITEMS=, USERS=, SCHEMA=, OUT=, FEATURES=, SEEDS= ... reach the pipeline by themselves: see pipelines/run.mk.
run: deps ## your own files: make run REVIEWS=reviews.csv ITEMS=stores.csv SCHEMA=my.schema OUT=out
	@$(MAKE) --no-print-directory -j $(PROCESSORS) all
	@$(MAKE) --no-print-directory -f pipelines/run.mk TT=$B/bin

# The same with a report: does a feature help? What it takes besides is in pipelines/experiment.mk: SLICES=, AGAINST=, TABLE= ...
experiment: export OUT := $(or $(OUT),out/experiment)
experiment: export SEEDS := $(or $(SEEDS),10)
experiment: export JOBS := $(or $(JOBS),1)
experiment: deps ## does a feature help: make experiment SCHEMAS="base.schema more.schema" REVIEWS=... OUT=out/experiment
	@$(MAKE) --no-print-directory -j $(PROCESSORS) all
	@$(MAKE) --no-print-directory -s $(if $(findstring jobserver,$(MAKEFLAGS)),,-j $(PROCESSORS)) -f pipelines/run.mk TT=$B/bin report

# ---- checking ----

check: deps ## build, and run all tests: the last line counts them
	@$(MAKE) --no-print-directory -j $(PROCESSORS) all check-build
	@$(MAKE) --no-print-directory check-all

.PHONY: check-build
check-build: all $(UNIT_BIN) $(TOOLS) $(BENCHES) ## build what the tests need: then build/release/unit/test_x runs one

check-all: check-build
	@BUILD=$B tests/run.sh all

check-unit: $(UNIT_BIN) ## the unit tests alone
	@BUILD=$B tests/run.sh unit

check-cli: all $(TOOLS) ## the command-line tests alone
	@BUILD=$B tests/run.sh cli

# -O1 keeps stack traces readable. OpenBLAS and glibc are not instrumented.
check-asan: ## all tests under the address and undefined-behaviour sanitizers
	@$(MAKE) --no-print-directory -j $(PROCESSORS) FLAVOUR=asan CFLAGS='-O1 -g' \
		SAN='-fsanitize=address,undefined -fno-sanitize-recover=all' check-all

check-tsan: ## all tests under the thread sanitizer
	@$(MAKE) --no-print-directory -j $(PROCESSORS) FLAVOUR=tsan CFLAGS='-O1 -g' SAN=-fsanitize=thread check-all

check-valgrind: check-build ## all tests under valgrind (slow)
	@BUILD=$B VALGRIND=1 tests/run.sh all

check-layers: ## who may include whom: the rule of lib/README.md
	@sh tests/layers.sh

check-headers: ## each header compiles alone, and all of lib/ together
	@for h in lib/*/*.h cmd/*.h; do $(CC) $(ALL_CFLAGS) -fsyntax-only -x c $$h || exit 1; done
	@for h in lib/*/*.h; do echo "#include \"$$h\""; done | $(CC) $(ALL_CFLAGS) -iquote . -fsyntax-only -x c -

# What cppcheck is not asked: whether a variable is set before it is read, which its versions guess differently, and wrongly, and
# which gcc and the sanitizers find; and how deep it looked.
CPPCHECK_NOT = --suppress=uninitvar --suppress=normalCheckLevelMaxBranches
lint: ## the manual pages, the width of lines, and the code by cppcheck where it is installed
	@! LC_ALL=C.UTF-8 grep -nE '^.{121}' $(sort $(wildcard cmd/*.[ch] lib/*/*.[ch] tests/*/*.[ch])) /dev/null || { echo 'lines of more than 120 columns' >&2; exit 1; }
	@mandoc -Tlint -W warning man/*.[157]
	@! grep -nE '^\.(It )?[DQS][lq] .* [DQS][lq] ' man/*.[157] || { echo 'quotes within quotes' >&2; exit 1; }
	@! command -v groff >/dev/null || for page in man/*.[157]; do \
		! groff -mandoc -ww -z $$page 2>&1 | grep . || { echo "groff warns on $$page" >&2; exit 1; }; done
	@command -v cppcheck >/dev/null || { echo 'cppcheck is not installed: skipped' >&2; exit 0; }; \
		cppcheck -q --std=c11 --enable=warning,portability --inline-suppr $(CPPCHECK_NOT) --error-exitcode=1 -Ilib lib cmd

# ---- installing ----

install: all ## programs and manual pages to $(DESTDIR)$(PREFIX)
	install -d $(DESTDIR)$(PREFIX)/bin $(foreach s,1 5 7,$(DESTDIR)$(PREFIX)/share/man/man$s)
	install $(BIN) $(DESTDIR)$(PREFIX)/bin
	$(foreach s,1 5 7,install -m 644 man/*.$s $(DESTDIR)$(PREFIX)/share/man/man$s &&) true

uninstall: ## remove what install put there
	rm -f $(PROGRAMS:%=$(DESTDIR)$(PREFIX)/bin/%) \
		$(foreach s,1 5 7,$(patsubst man/%,$(DESTDIR)$(PREFIX)/share/man/man$s/%,$(wildcard man/*.$s)))

VERSION = $(shell awk -F '"' '/define TT_VERSION/ { print $$2 }' cmd/cli.h)
dist: ## the sources of the last commit as tt-VERSION.tar.gz
	git archive --prefix tt-$(VERSION)/ -o tt-$(VERSION).tar.gz HEAD

clean: ## remove everything that was built
	rm -rf build out
