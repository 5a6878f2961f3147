# tt: two-tower recommendation as Unix filters. `make help` lists the targets.
#
# Objects go to build/$(FLAVOUR)/, programs to build/$(FLAVOUR)/bin and are linked into bin/ for the default flavour, so that
# sanitizer builds never mix with the others. A program is cmd/tt-x.c; everything else is found by its place in the tree.

CC      ?= cc
CFLAGS  ?= -O3 -g
PREFIX  ?= /usr/local
FLAVOUR ?= release
PKGS     = libxxhash openblas jansson

STD      = -std=c11 -D_POSIX_C_SOURCE=200809L -D_FILE_OFFSET_BITS=64
WARN     = -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings \
           -Wcast-qual -Wundef -Wvla -Wformat=2 -Wformat-truncation=0 -Wno-cast-qual
ifdef DEV
WARN    += -Werror
endif
# Vectorised loops of lib/math keep their order of addition: no -ffast-math anywhere.
ALL_CFLAGS = $(STD) $(CFLAGS) $(SAN) $(WARN) -include lib/base/banned.h -Ilib $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
LDLIBS   = -lcsv $(shell pkg-config --libs $(PKGS) 2>/dev/null) -lpthread -lm

B        = build/$(FLAVOUR)
PROGRAMS = $(patsubst cmd/%.c,%,$(wildcard cmd/tt-*.c))
LIB_SRC  = $(wildcard lib/*/*.c)
LIB_OBJ  = $(LIB_SRC:%.c=$B/%.o)
CLI_OBJ  = $B/cmd/cli.o
UNIT_SRC = $(wildcard tests/unit/test_*.c)
UNIT_BIN = $(UNIT_SRC:tests/unit/%.c=$B/unit/%)
BIN      = $(PROGRAMS:%=$B/bin/%)
TOOL_SRC = $(wildcard tests/tools/*.c)
TOOLS    = $(TOOL_SRC:tests/tools/%.c=$B/tools/%)

.PHONY: all check check-unit check-cli check-asan check-tsan check-valgrind check-layers check-headers lint install uninstall dist clean help deps
.SECONDARY:
.DELETE_ON_ERROR:

all: $(BIN)

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

-include $(LIB_OBJ:.o=.d) $(CLI_OBJ:.o=.d) $(PROGRAMS:%=$B/cmd/%.d) $(UNIT_SRC:%.c=$B/%.d) $(TOOL_SRC:%.c=$B/%.d)

clean: ## remove everything that was built
	rm -rf build out

# ---- checking ----

BINDIR = $(abspath $B)/bin

check-unit: $(UNIT_BIN)
	@BUILD=$B tests/run.sh unit

check-cli: all $(TOOLS)
	@BIN=$(BINDIR) tests/run.sh cli
