# lighten: build, test, install.  `make help` lists the targets.
PROG    := lighten
VERSION := 0.1.0

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share
MANDIR  ?= $(DATADIR)/man
BASH_COMPLETIONS ?= $(DATADIR)/bash-completion/completions
ZSH_COMPLETIONS  ?= $(DATADIR)/zsh/site-functions
FISH_COMPLETIONS ?= $(DATADIR)/fish/vendor_completions.d

INSTALL    ?= install
PKG_CONFIG ?= pkg-config
CLANG      ?= clang
ifeq ($(origin CC),default)
CC := gcc
endif

# BUILD picks a flag set; each one, and each compiler but gcc, has an object tree of its own.
BUILD ?= release
BUILDS := release debug asan tsan cov fuzz
ifeq ($(filter $(BUILD),$(BUILDS)),)
$(error BUILD=$(BUILD): must be one of $(BUILDS))
endif
ifeq ($(BUILD),fuzz)
CC := $(CLANG)
endif
OUT := build/$(BUILD)
ifeq ($(filter gcc fuzz,$(notdir $(CC)) $(BUILD)),)
OUT := $(OUT)-$(notdir $(CC))
endif

# --- flags -----------------------------------------------------------------------------------

CFLAGS_release := -O2 -g
CFLAGS_debug   := -O0 -g3
CFLAGS_asan    := -O1 -g -fno-omit-frame-pointer
CFLAGS_tsan    := -O1 -g
CFLAGS_cov     := -O0 -g
CFLAGS_fuzz    := -O1 -g -fno-omit-frame-pointer
CFLAGS         ?= $(CFLAGS_$(BUILD))

MODE_asan := -fsanitize=address,undefined -fno-sanitize-recover=all
MODE_tsan := -fsanitize=thread
MODE_cov  := --coverage
MODE_fuzz := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
	-Wmissing-prototypes -Wold-style-definition -Wwrite-strings -Wcast-qual \
	-Wpointer-arith -Wundef -Wvla -Wformat=2 -Wswitch-enum -Wnull-dereference \
	-Wimplicit-fallthrough -Wdouble-promotion
HARDEN := -fPIE -fno-common -fstack-protector-strong
HARDEN_LD := -pie -Wl,-z,relro,-z,now,-z,noexecstack
# Flags that only some compilers know; each is kept when this one takes it in silence.
PROBED := -Wlogical-op -Wduplicated-cond -Wduplicated-branches -Walloc-zero \
	-fstack-clash-protection -fcf-protection -ftrivial-auto-var-init=zero

LIBS     := jansson libcrypto libzstd zlib liblzma liblz4 libxxhash sqlite3
LIBS_OPT := libdeflate libisal

# Asking the compiler and pkg-config takes a moment, so only targets that compile do.
LIGHT_GOALS := help clean deps deps-test deps-bench check check-% format format-check lint tidy cppcheck \
	demo bench bench-quick fuzz fuzz-run coverage repro dist uninstall
NEEDS_PROBE := $(if $(MAKECMDGOALS),$(filter-out $(LIGHT_GOALS),$(MAKECMDGOALS)),all)
ifneq ($(NEEDS_PROBE),)
PROBED_OK := $(shell for flag in $(PROBED); do \
	$(CC) -Werror $$flag -x c -c /dev/null -o /dev/null 2>/dev/null && echo $$flag; done)
LIBS_MISSING := $(shell for lib in $(LIBS); do \
	$(PKG_CONFIG) --exists $$lib 2>/dev/null || echo $$lib; done; \
	$(CC) -E -include bzlib.h -x c /dev/null >/dev/null 2>&1 || echo libbz2)
LIBS_FOUND := $(filter-out $(LIBS_MISSING),$(LIBS)) $(shell for lib in $(LIBS_OPT); do \
	$(PKG_CONFIG) --exists $$lib 2>/dev/null && echo $$lib; done)
LIB_CFLAGS := $(shell $(PKG_CONFIG) --cflags $(LIBS_FOUND) 2>/dev/null)
# Debian's libbz2 tells pkg-config nothing.
LIB_LIBS   := $(shell $(PKG_CONFIG) --libs $(LIBS_FOUND) 2>/dev/null) -lbz2
# OpenSSL hashes two streams side by side, but only its library for static linking says how.
HASH_LIBS  := -lcrypto -l:libcrypto.a
HASH_FOUND := $(shell printf 'void sha256_multi_block(void);int main(void){sha256_multi_block();}' | \
	$(CC) $(LDFLAGS) -x c - -o /dev/null $(HASH_LIBS) 2>/dev/null && echo $(HASH_LIBS))
CC_VERSION := $(shell $(CC) --version 2>/dev/null | head -n 1)
endif

ALL_CPPFLAGS = -Iinclude -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 \
	-DLIGHTEN_VERSION='"$(VERSION)"' \
	$(if $(filter libdeflate,$(LIBS_FOUND)),-DHAVE_LIBDEFLATE) \
	$(if $(filter libisal,$(LIBS_FOUND)),-DHAVE_ISAL) \
	$(if $(HASH_FOUND),-DHAVE_SHA256_MULTI_BLOCK) \
	$(FORTIFY) $(LIB_CFLAGS) $(CPPFLAGS)
ALL_CFLAGS = -std=gnu17 -pthread $(WARN) $(HARDEN) $(PROBED_OK) \
	'-ffile-prefix-map=$(CURDIR)=.' $(STRICT) $(MODE_$(BUILD)) $(CFLAGS)
ALL_LDFLAGS = -pthread $(HARDEN) $(HARDEN_LD) $(MODE_$(BUILD)) $(CFLAGS) $(LDFLAGS)
ALL_LDLIBS = $(LIB_LIBS) $(HASH_FOUND) $(LDLIBS)

# glibc complains about fortification without optimisation, and the sanitizers do its work better.
ifeq ($(BUILD)$(filter -O0,$(CFLAGS)),release)
FORTIFY := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2
endif

# Warnings are errors in CI only: a user's newer compiler may know new warnings.
ifneq ($(filter 1 true,$(CI)),)
WERROR ?= 1
endif
ifneq ($(and $(filter 1,$(WERROR)),$(filter release debug,$(BUILD))),)
STRICT := -Werror
endif

# --- files -----------------------------------------------------------------------------------

MAIN_SRC   := $(wildcard src/cli/main.c)
LIB_SRC    := $(sort $(filter-out src/cli/main.c,$(wildcard src/*/*.c)))
UNIT_SRC   := $(sort $(wildcard tests/unit/test_*.c))
UNIT_HELP  := $(filter-out $(UNIT_SRC),$(sort $(wildcard tests/unit/*.c)))
FUZZ_SRC   := $(sort $(wildcard tests/fuzz/fuzz_*.c))
FUZZ_HELP  := $(filter-out $(FUZZ_SRC) tests/fuzz/replay_main.c,$(sort $(wildcard tests/fuzz/*.c)))

POLICIES   := $(sort $(wildcard policies/*.json))
POLICY_SRC := $(OUT)/src/policy/builtin_texts.c
LIB_OBJ    := $(LIB_SRC:%.c=$(OUT)/%.o) $(POLICY_SRC:.c=.o)
ALL_OBJ    := $(patsubst %.c,$(OUT)/%.o,$(MAIN_SRC) $(LIB_SRC) $(UNIT_SRC) $(UNIT_HELP) \
	$(FUZZ_SRC) $(FUZZ_HELP) tests/fuzz/replay_main.c $(BENCH_SRC))
LIB        := $(OUT)/lib$(PROG).a
BIN        := $(if $(MAIN_SRC),$(OUT)/$(PROG))
DOCS       := $(if $(BIN),$(addprefix build/docs/$(PROG).,1 bash zsh fish))
UNIT_BIN   := $(UNIT_SRC:tests/unit/%.c=$(OUT)/tests/%)
FUZZ_BIN   := $(FUZZ_SRC:tests/fuzz/%.c=$(OUT)/fuzz/%)
BENCH_SRC  := $(sort $(wildcard tests/bench/*.c))
BENCH_BIN  := $(BENCH_SRC:tests/bench/%.c=$(OUT)/bench/%)
REPLAY_BIN := $(FUZZ_SRC:tests/fuzz/fuzz_%.c=$(OUT)/replay/%)
FORMATTED  := $(sort $(wildcard src/*/*.[ch] include/*/*.h tests/unit/*.[ch] tests/fuzz/*.[ch] \
	tests/fault/*.[ch] tests/bench/*.[ch]))

Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $@)
RUN := MAKE='$(MAKE)' tests/run.sh

.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
.PHONY: all programs docs unit-bins replay-bins fuzz-bins deps deps-test check check-unit check-cli \
	check-engine check-asan check-tsan check-fuzz check-conformance lint tidy cppcheck \
	format format-check fuzz fuzz-run coverage repro demo bench bench-quick bench-bins deps-bench \
	install uninstall dist clean help \
	FORCE

## all: build the program, build/lighten, and its documents, build/docs (the default)
all: programs $(if $(filter release,$(BUILD)),docs)
ifeq ($(BUILD),release)
	@$(if $(BIN),[ $(BIN) -ef build/$(PROG) ] || ln -f $(BIN) build/$(PROG))
endif

programs: $(LIB) $(BIN)
$(OUT)/$(PROG): $(OUT)/src/cli/main.o $(LIB)
	$(call say,LD)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

# The program knows its options best.
docs: $(DOCS)
build/docs/$(PROG).%: $(BIN)
	@mkdir -p $(@D)
	$(call say,DOC)
	$(Q)$(BIN) __docs $(if $(filter 1,$*),man,$*) >$@

# Made anew each time: ar would keep the objects of sources that are gone.
$(LIB): $(LIB_OBJ) $(OUT)/flags
	$(call say,AR)
	$(Q)rm -f $@ && ar rcsD $@ $(LIB_OBJ)

$(OUT)/tests/unit/%.o $(OUT)/tests/fuzz/%.o $(OUT)/tests/bench/%.o: ALL_CPPFLAGS += -Isrc

$(OUT)/%.o: %.c $(OUT)/flags
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

# Holds everything but the sources that decides about objects; rewritten only when it changes.
FLAGS_TEXT = $(CC) $(CC_VERSION) $(ALL_CPPFLAGS) $(ALL_CFLAGS) $(ALL_LDFLAGS) $(ALL_LDLIBS) $(LIB_SRC) $(POLICIES)
$(OUT)/flags: FORCE
	$(if $(CC_VERSION),,$(error no C compiler "$(CC)": run "make deps"))
	$(if $(LIBS_MISSING),$(error missing libraries: $(LIBS_MISSING): run "make deps"))
	@mkdir -p $(@D)
	@new=$@.$$$$; printf '%s\n' '$(subst ','\'',$(FLAGS_TEXT))' >$$new && \
		if cmp -s $$new $@; then rm $$new; else mv $$new $@; fi

# The shipped policies as bytes of the program, so that it works alone.
$(POLICY_SRC): $(POLICIES) $(OUT)/flags
	$(call say,GEN)
	@mkdir -p $(@D)
	$(Q){ \
		echo '/* builtin_texts.c - policies/, made by the build. */'; \
		echo '#include "builtin.h"'; \
		for file in $(POLICIES); do \
			name=$$(basename $$file .json | tr - _); \
			echo "static const unsigned char text_$$name[] = {"; \
			od -An -v -tu1 $$file | sed 's/  */,/g; s/^,/\t/; s/$$/,/'; \
			echo '};'; \
		done; \
		echo 'const struct policy_builtin policy_builtins[] = {'; \
		for file in $(POLICIES); do \
			name=$$(basename $$file .json); \
			id=$$(echo $$name | tr - _); \
			echo "	{ \"$$name\", text_$$id, sizeof(text_$$id) },"; \
		done; \
		echo '};'; \
		echo 'const size_t policy_builtins_count ='; \
		echo '	sizeof(policy_builtins) / sizeof(policy_builtins[0]);'; \
	} >$@

$(POLICY_SRC:.c=.o): $(POLICY_SRC)
	$(call say,CC)
	$(Q)$(CC) $(ALL_CPPFLAGS) -Isrc/policy $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

unit-bins: $(UNIT_BIN)
$(OUT)/tests/%: $(OUT)/tests/unit/%.o $(UNIT_HELP:%.c=$(OUT)/%.o) $(LIB)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ -lcmocka -larchive $(ALL_LDLIBS)

replay-bins: $(REPLAY_BIN)
$(OUT)/replay/%: $(OUT)/tests/fuzz/fuzz_%.o $(OUT)/tests/fuzz/replay_main.o \
		$(FUZZ_HELP:%.c=$(OUT)/%.o) $(LIB)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

fuzz-bins: $(FUZZ_BIN)
$(OUT)/fuzz/%: $(OUT)/tests/fuzz/%.o $(FUZZ_HELP:%.c=$(OUT)/%.o) $(LIB)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(ALL_LDLIBS)

bench-bins: $(BENCH_BIN)
$(OUT)/bench/%: $(OUT)/tests/bench/%.o $(LIB)
	$(call say,LD)
	@mkdir -p $(@D)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(ALL_LDLIBS)

# Preloaded by the fault tests; it wraps the 64-bit calls by name, so file offsets stay as they are.
build/fault.so: tests/fault/shim.c
	@mkdir -p $(@D)
	$(Q)$(CC) -std=gnu17 -D_GNU_SOURCE -O2 -fPIC -shared $(WARN) -o $@ $<

# --- machine ---------------------------------------------------------------------------------

## deps: install what the build needs (Debian, Ubuntu)
deps:
	@tests/deps.sh build

## deps-test: install what the tests need, container engines included
deps-test: deps
	@tests/deps.sh test

# --- tests -----------------------------------------------------------------------------------

## check: install what is missing, run every test, end with "N passed, N failed"
check: deps-test
	@$(RUN) all

## check-unit: unit tests
check-unit:
	@$(RUN) unit

## check-cli: command-line tests
check-cli:
	@$(RUN) cli

## check-asan: unit and command-line tests under AddressSanitizer and UBSan
check-asan:
	@$(RUN) unit-asan cli-asan

## check-tsan: unit tests under ThreadSanitizer
check-tsan:
	@$(RUN) unit-tsan

## check-fuzz: replay the fuzz corpora under AddressSanitizer
check-fuzz:
	@$(RUN) fuzz

## check-conformance: conformance cases
check-conformance:
	@$(RUN) conformance

## check-engine: real docker, podman, skopeo and umoci (root or sudo)
check-engine:
	@$(RUN) policies engine

## lint: layering, sizes, headers, banned functions, shell, spelling, format
lint:
	@$(RUN) lint

## tidy: clang-tidy over src
tidy:
	@clang-tidy --quiet $(LIB_SRC) $(MAIN_SRC) -- -std=gnu17 -Iinclude -D_GNU_SOURCE \
		-D_FILE_OFFSET_BITS=64 -DLIGHTEN_VERSION='"$(VERSION)"' \
		$$($(PKG_CONFIG) --cflags $(LIBS))

# Suppressed: what it reports wrongly because it knows neither STEAL nor the cleanup attribute;
# the analyzer of clang-tidy and AddressSanitizer watch those.
## cppcheck: cppcheck over src
cppcheck:
	@mkdir -p build/cppcheck
	@cppcheck --quiet --std=c11 --enable=warning,portability,performance --inline-suppr \
		--suppress=nullPointer --suppress=memleak --suppress=ignoredReturnValue \
		--error-exitcode=1 --cppcheck-build-dir=build/cppcheck --library=posix,gnu \
		-Iinclude -D_GNU_SOURCE -DLIGHTEN_VERSION='"$(VERSION)"' -D__GNUC__=12 src

## format: clang-format over all C files
format:
	@$(if $(FORMATTED),$$(command -v clang-format-14 || echo clang-format) -i $(FORMATTED))

## format-check: is every C file formatted?
format-check:
	@tests/lint/format.sh

## fuzz: build the libFuzzer programs, build/fuzz/fuzz/fuzz_* (clang)
fuzz:
	@$(MAKE) --no-print-directory BUILD=fuzz fuzz-bins

## fuzz-run: each fuzzer for TIME seconds (60)
TIME ?= 60
fuzz-run: fuzz
	@for program in $(FUZZ_SRC:tests/fuzz/fuzz_%.c=%); do \
		mkdir -p build/fuzz/corpus/$$program tests/fuzz/corpus/$$program && \
		build/fuzz/fuzz/fuzz_$$program -max_total_time=$(TIME) -timeout=20 -rss_limit_mb=2048 \
			-artifact_prefix=build/fuzz/ build/fuzz/corpus/$$program \
			tests/fuzz/corpus/$$program || exit 1; \
	done

## coverage: lines that unit and command-line tests reach, by stage and file
coverage:
	@tests/coverage.sh

## repro: builds in two folders must give the same program
repro:
	@rm -rf build/repro && mkdir -p build/repro/a build/repro/b/deeper
	@for copy in a b/deeper; do \
		cp -R Makefile src include policies build/repro/$$copy/ && \
		$(MAKE) -s -C build/repro/$$copy BUILD=release || exit 1; \
	done
	@cmp build/repro/a/build/$(PROG) build/repro/b/deeper/build/$(PROG)
	@echo "same bytes: $$(sha256sum <build/repro/a/build/$(PROG))"

## demo: make a layered image from Debian packages, lighten it, verify it
demo: deps
	@$(MAKE) --no-print-directory BUILD=release all
	@LIGHTEN=build/$(PROG) tests/demo/demo.sh

## deps-bench: install what the benchmark compares with
deps-bench: deps
	@tests/deps.sh bench

# IMAGES="a.tar ..." measures these instead of made ones; ONLY=squash,gzip chooses sections, RUNS=N
# turns, README=1 renews the table there; BENCH=... passes any option of bench.py.
## bench: measure against the floor, peers and goals; IMAGES="a.tar ..." ONLY=squash,... RUNS=5 README=1
RUNS ?= 5
BENCH_RUN = @python3 tests/bench/bench.py build/$(PROG) --drivers $(OUT)/bench $(BENCH) \
	$(if $(ONLY),--only $(ONLY))
bench: deps-bench
	@$(MAKE) --no-print-directory BUILD=release all bench-bins
	$(BENCH_RUN) --runs $(RUNS) $(if $(README),--readme README.md) $(IMAGES)

## bench-quick: the same in less than two minutes, on small images and without daemons
bench-quick: deps-bench
	@$(MAKE) --no-print-directory BUILD=release all bench-bins
	$(BENCH_RUN) --quick --runs 3 $(IMAGES)

## savings: what each policy takes from images of Debian packages, as a table (root, network)
savings: deps-test
	@$(MAKE) --no-print-directory BUILD=release all
	@LIGHTEN=build/$(PROG) tests/bench/savings.sh

# --- install ---------------------------------------------------------------------------------

## install: program, man page, completions, policies, schema of reports; honours DESTDIR, PREFIX, BINDIR, MANDIR, DATADIR
install: all docs
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(MANDIR)/man1 $(DESTDIR)$(DATADIR)/$(PROG)/policies \
		$(DESTDIR)$(BASH_COMPLETIONS) $(DESTDIR)$(ZSH_COMPLETIONS) $(DESTDIR)$(FISH_COMPLETIONS)
	$(INSTALL) -m 755 $(OUT)/$(PROG) $(DESTDIR)$(BINDIR)/$(PROG)
	$(INSTALL) -m 644 build/docs/$(PROG).1 $(DESTDIR)$(MANDIR)/man1/$(PROG).1
	$(INSTALL) -m 644 build/docs/$(PROG).bash $(DESTDIR)$(BASH_COMPLETIONS)/$(PROG)
	$(INSTALL) -m 644 build/docs/$(PROG).zsh $(DESTDIR)$(ZSH_COMPLETIONS)/_$(PROG)
	$(INSTALL) -m 644 build/docs/$(PROG).fish $(DESTDIR)$(FISH_COMPLETIONS)/$(PROG).fish
	$(if $(POLICIES),$(INSTALL) -m 644 $(POLICIES) $(DESTDIR)$(DATADIR)/$(PROG)/policies/)
	$(INSTALL) -m 644 src/report/report.schema.json $(DESTDIR)$(DATADIR)/$(PROG)/report.schema.json

## uninstall: remove what install put there
uninstall:
	rm -f $(DESTDIR)$(BINDIR)/$(PROG)
	rm -f $(DESTDIR)$(MANDIR)/man1/$(PROG).1
	rm -f $(DESTDIR)$(BASH_COMPLETIONS)/$(PROG)
	rm -f $(DESTDIR)$(ZSH_COMPLETIONS)/_$(PROG)
	rm -f $(DESTDIR)$(FISH_COMPLETIONS)/$(PROG).fish
	rm -rf $(DESTDIR)$(DATADIR)/$(PROG)

## dist: source archive of the last commit, build/lighten-VERSION.tar.gz
dist:
	@mkdir -p build
	@git archive --prefix=$(PROG)-$(VERSION)/ HEAD | gzip -9n >build/$(PROG)-$(VERSION).tar.gz
	@cd build && sha256sum $(PROG)-$(VERSION).tar.gz

## clean: remove build
clean:
	rm -rf build

## help: this list
help:
	@echo 'usage: make [TARGET] [BUILD=$(subst $(eval ) ,|,$(BUILDS))] [CC=gcc|clang] [V=1]'
	@sed -n 's/^## \([a-z-]*\): /  \1\t/p' Makefile | expand -t 20

-include $(ALL_OBJ:.o=.d)
