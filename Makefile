# Parley: one non-recursive GNU Makefile, output under build/, no configure step.
#
#   make              the VM, build/parley
#   make run          installs what it needs, builds it, runs it: make run ARGS='...'
#   make check        installs what the tests need, runs every test, says `N passed, 0 failed`
#   make san          the same under address and undefined-behaviour sanitizers
#   make nightly      what takes longer
#   make lint         what the compiler does not check
#   make bench        how fast it is, on this machine
#   make docs         writes the generated documents anew
#   make arm64        the VM for ARM64, build/arm64/parley, with Debian's cross compiler
#   make check-arm64  runs its tests in qemu-user
#   make install      to PREFIX (/usr/local), below DESTDIR if that is set
#
# CONFIG chooses the build: release (default), debug (assertions), san (address and
# undefined-behaviour sanitizers, assertions), arm64 (release for that machine). Each has its own
# folder below build/.

CONFIG ?= release
comma := ,
B := build/$(CONFIG)

CC ?= gcc
WARNINGS := -Wall -Wextra -Wshadow -Wundef -Wstrict-prototypes -Wmissing-prototypes \
            -Wimplicit-fallthrough -Wvla $(if $(STRICT),-Werror)
BASE_FLAGS := -std=gnu11 -g -fno-strict-aliasing -fno-math-errno -ffp-contract=off -D_GNU_SOURCE \
              -Isrc -Iinclude $(WARNINGS) -MMD -MP
LIBS := -lm -lpthread
CMOCKA := -lcmocka
OBJCOPY ?= objcopy
# What runs the programs that are built; empty: this machine does.
EMULATOR :=
CROSS := aarch64-linux-gnu
ifeq ($(CONFIG),arm64)
CC := $(CROSS)-gcc
OBJCOPY := $(CROSS)-objcopy
EMULATOR := qemu-aarch64 -L /usr/$(CROSS)
# There are no libraries for the other machine: the tests have a small cmocka of their own.
CMOCKA :=
BASE_FLAGS += -Itests/cross
endif
# Libraries that are used where they are found (parley --features tells).
library = $(if $(EMULATOR),,$(wildcard /usr/include/$(1)))
ifneq ($(call library,histedit.h),)
BASE_FLAGS += -DPARLEY_LIBEDIT
LIBS += -ledit
endif
ifneq ($(call library,unicorn/unicorn.h),)
BASE_FLAGS += -DPARLEY_UNICORN
# src/tool/cpu_stores.c says why.
UNICORN_NAMES := $(addprefix tlb_set_page_with_attrs_,x86_64 aarch64)
LIBS += $(foreach name,$(UNICORN_NAMES),-Wl$(comma)-u$(comma)$(name)$(comma)--export-dynamic-symbol=$(name))
endif
ifneq ($(call library,capstone/capstone.h),)
BASE_FLAGS += -DPARLEY_CAPSTONE
endif
FLAGS_release := -O2
FLAGS_arm64 := -O2
FLAGS_debug := -O1 -DPARLEY_DEBUG
# For libFuzzer, with clang: tools/fuzz.sh.
FLAGS_fuzz := -O1 -DPARLEY_DEBUG -fsanitize=fuzzer-no-link,address,undefined \
              -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# The loop's jumps, each of which may lead to every label, keep one of clang's warnings and its
# sanitizers busy for many minutes.
LOOP_FLAGS_fuzz := -fno-sanitize=all
IS_CLANG := $(filter __clang__,$(shell $(CC) -dM -E -x c /dev/null))
LOOP_WARNINGS := $(if $(IS_CLANG),-Wno-uninitialized)
FLAGS_san := -O1 -DPARLEY_DEBUG -fsanitize=address,undefined -fno-sanitize-recover=undefined \
             -fno-omit-frame-pointer
CFLAGS_ALL := $(BASE_FLAGS) $(FLAGS_$(CONFIG)) $(CFLAGS)
LINK := $(CC) $(FLAGS_$(CONFIG)) $(LDFLAGS)
# Builds below use all processors, unless somebody has decided that already.
JOBS := $(if $(filter -j% --jobserver%,$(MAKEFLAGS)),,-j$(shell nproc))

LAYERS := base object memory image bytecode run plugin jit tool compile embed
# The recording build's own sources, and the semantic ones that it compiles once more.
RECORD_SOURCES := src/object/record.c src/memory/record_heap.c src/run/record_vm.c
RECORDED_SOURCES := src/run/elements.c \
    $(patsubst %,src/run/prim_%.c,access class copy float integer large number object stream string)
RECORDED_CHECKED_SOURCES := $(wildcard src/plugin/*.c) \
    $(filter-out $(RECORDED_SOURCES), $(wildcard src/run/prim_*.c))
LIB_SOURCES := $(filter-out $(RECORD_SOURCES), \
    $(sort $(foreach layer,$(LAYERS),$(wildcard src/$(layer)/*.c))))
KERNEL_SOURCES := $(shell find kernel -name '*.st' 2>/dev/null | sed 's/ /\\ /g')
CMD_SOURCES := $(sort $(wildcard src/cmd/*.c))
UNIT_SOURCES := $(sort $(wildcard tests/unit/test_*.c))
LIB_OBJECTS := $(LIB_SOURCES:src/%.c=$(B)/%.o)
CMD_OBJECTS := $(CMD_SOURCES:src/%.c=$(B)/%.o) $(B)/cmd/pharo_own.o
UNIT_PROGRAMS := $(UNIT_SOURCES:tests/unit/%.c=$(B)/tests/unit/%)
DIFF_PROGRAMS := $(addprefix $(B)/tests/diff/,bytecodes harness natives sequences)
DIFF_OBJECTS := $(patsubst %,$(B)/tests/objects/%.o,support/jit_fixture diff/world diff/method_writer \
    diff/aftermath diff/differ \
    diff/choices diff/generator)
STRESS_PROGRAMS := $(patsubst tests/%.c,$(B)/tests/%,$(sort $(wildcard tests/stress/*.c)))

# Programs that script tests use.
TEST_TOOL_SOURCES := $(sort $(wildcard tests/image/*.c))
TEST_TOOLS := $(TEST_TOOL_SOURCES:tests/%.c=$(B)/tests/%) $(B)/tools/primitives_doc
# The longest runs beside all the others.
LONG_TESTS := tests/stress/switches.sh tests/script/tiers.sh
SCRIPT_TESTS := $(filter-out %/common.sh tests/support/% tests/nightly/% $(LONG_TESTS),$(sort $(wildcard tests/*/*.sh)))
R := $(B)/recording
# What runs longer at night: more damaged files, kills, switches. The longest first, since two run at a time.
NIGHTLY_SCRIPTS := tests/nightly/faults.sh tests/cross/arm64.sh tests/script/tiers.sh tests/stress/switches.sh \
    tests/stress/kernel.sh tests/stress/soak.sh tests/image/damaged.sh tests/image/saves.sh tests/cmd/recover.sh \
    $(sort $(filter-out %/faults.sh,$(wildcard tests/nightly/*.sh)))
NIGHTLY_SOURCES := $(sort $(wildcard tests/nightly/test_*.c))
NIGHTLY_PROGRAMS := $(NIGHTLY_SOURCES:tests/nightly/%.c=$(B)/tests/nightly/%)
RECORDING_PROGRAMS := $(R)/test_record $(R)/test_bodies $(R)/test_primitives

.PHONY: all lib unit nightly recording check san tests lint docs run bench install help clean \
    arm64 check-arm64 test-programs
all: build/parley

build/parley: $(B)/parley
	@ln -sf $(CONFIG)/parley $@

# The program without an image makes the kernel image, which the real one then carries.
$(B)/parley-bare: $(CMD_OBJECTS) $(B)/libparley.a
	$(LINK) -o $@ $(CMD_OBJECTS) $(B)/libparley.a $(LIBS)

$(B)/kernel.image: $(B)/parley-bare $(KERNEL_SOURCES)
	$(EMULATOR) $< build --quiet kernel -o $@
	@$(EMULATOR) $< image check $@ --methods >/dev/null || { rm -f $@; exit 1; }

$(B)/kernel_image.o: src/cmd/kernel_image.S $(B)/kernel.image
	$(CC) -c -o $@ $< -Wa,-I,$(B)

$(B)/cmd/pharo_own.o: src/cmd/pharo_own.S $(wildcard src/cmd/pharo_*.st)
	@mkdir -p $(@D)
	$(CC) -c -o $@ $< -Wa,-I,src/cmd

$(B)/parley: $(CMD_OBJECTS) $(B)/kernel_image.o $(B)/libparley.a
	$(LINK) -o $@ $^ $(LIBS)

lib: $(B)/libparley.a
$(B)/libparley.a: $(LIB_OBJECTS)
	@rm -f $@
	ar crs $@ $(LIB_OBJECTS)

# The bytecode tables with a row for each byte, for the interpreter's loop.
build/gen/bytecode/%_each.tbl: src/bytecode/%.tbl tools/each_bytecode.awk
	@mkdir -p $(@D)
	awk -f tools/each_bytecode.awk $< >$@
LOOPS := $(B)/run/interpreter.o $(B)/run/interpreter_traced.o
$(LOOPS): build/gen/bytecode/v3plus_each.tbl build/gen/bytecode/sista_each.tbl
$(LOOPS): CFLAGS_ALL += -Ibuild/gen $(LOOP_WARNINGS) $(LOOP_FLAGS_$(CONFIG))
# Blocks stay in the order of the source where the compiler can be told so (docs/decisions/0008).
SOURCE_ORDER := -freorder-blocks-algorithm=simple
$(B)/run/interpreter.o: CFLAGS_ALL += $(shell $(CC) $(SOURCE_ORDER) -E -x c /dev/null 2>&1 >/dev/null | \
    grep -q . || echo $(SOURCE_ORDER))

$(B)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -c -o $@ $<

$(B)/tests/unit/%: tests/unit/%.c $(B)/libparley.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itests -MF $@.d -o $@ $< $(B)/libparley.a $(LIBS) $(CMOCKA)

ifneq ($(call library,unicorn/unicorn.h),)
$(B)/tests/unit/test_ir_meaning: LIBS += -lunicorn
endif

$(B)/tests/image/%: tests/image/%.c $(B)/libparley.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itests -MF $@.d -o $@ $< $(B)/libparley.a $(LIBS)

unit: $(UNIT_PROGRAMS)
	@tools/run_tests.sh $(UNIT_PROGRAMS)

$(B)/tests/stress/%: tests/stress/%.c $(B)/libparley.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itests -MF $@.d -o $@ $< $(B)/libparley.a $(LIBS) $(CMOCKA)

# Compiled code against the interpreter. Several programs share what tests/diff and tests/support hold
# besides.
$(B)/tests/objects/%.o: tests/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itests -c -o $@ $<

$(DIFF_PROGRAMS): $(B)/tests/diff/%: $(B)/tests/objects/diff/%.o $(DIFF_OBJECTS) $(B)/libparley.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(LIBS) $(CMOCKA)

# What takes too long, or too much memory, for every day; and the stress tests at length.
$(B)/tests/nightly/%: tests/nightly/%.c $(B)/libparley.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -Itests -MF $@.d -o $@ $< $(B)/libparley.a $(LIBS) $(CMOCKA)

# What tools/fuzz.sh runs: CONFIG=fuzz CC=clang.
$(B)/fuzz_run: LDFLAGS += -Wl,--wrap=_exit
$(B)/fuzz_%: tests/fuzz/fuzz_%.c $(B)/libparley.a
	$(CC) $(CFLAGS_ALL) -MF $@.d -fsanitize=fuzzer $(LDFLAGS) -o $@ $< $(B)/libparley.a $(LIBS)
$(B)/make_image_corpus: tests/fuzz/make_image_corpus.c $(B)/libparley.a
	$(CC) $(CFLAGS_ALL) -Itests -MF $@.d -o $@ $< $(B)/libparley.a $(LIBS)

nightly:
	@tools/install_deps.sh nightly
	@tools/install_deps.sh arm64
	@+$(MAKE) --no-print-directory -s $(JOBS) STRICT=1 tests $(NIGHTLY_PROGRAMS)
	@+$(MAKE) --no-print-directory -s $(JOBS) CONFIG=arm64 build/arm64/parley
	@PARLEY_NIGHTLY=1 tools/run_tests.sh -p -t 14400 $(NIGHTLY_SCRIPTS) $(STRESS_PROGRAMS) $(DIFF_PROGRAMS) \
	    $(NIGHTLY_PROGRAMS)

# ---- the recording build: semantic sources compiled with PARLEY_RECORDING, on a heap compiled in
# the direct way. All that was recorded is one object with few global names, since the direct build
# has functions of the same names.
RECORDED_GLOBALS := recorded_run recorded_run_primitive recorded_shadow_bytes
RECORD_OBJECTS := $(RECORD_SOURCES:src/%.c=$(R)/%.o)
RECORDED_OBJECTS := $(RECORDED_SOURCES:src/%.c=$(R)/%.o) $(R)/tests/recorded.o
RECORDED_CHECKED_OBJECTS := $(RECORDED_CHECKED_SOURCES:src/%.c=$(R)/%.o)
RECORDING_DRIVER := $(addprefix $(R)/tests/,direct.o world.o paths.o)

$(R)/%.o: src/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -DPARLEY_RECORDING -c -o $@ $<

$(R)/tests/recorded.o $(R)/tests/test_record.o: MODE := -DPARLEY_RECORDING
$(R)/tests/%.o: tests/recording/%.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(MODE) -c -o $@ $<

$(R)/recorded.o: $(RECORD_OBJECTS) $(RECORDED_OBJECTS)
	$(CC) -r -nostdlib -o $@ $^
	$(OBJCOPY) $(addprefix --keep-global-symbol=,$(RECORDED_GLOBALS)) $@

$(R)/test_bodies $(R)/test_primitives: $(R)/%: $(R)/tests/%.o $(RECORDING_DRIVER) \
    $(R)/recorded.o $(B)/libparley.a
	$(LINK) -o $@ $^ $(LIBS)

$(R)/test_record: $(R)/tests/test_record.o $(R)/object/record.o $(B)/libparley.a
	$(LINK) -o $@ $^ $(LIBS) $(CMOCKA)

# Prints what was recorded for each bytecode and primitive.
recording: $(RECORDING_PROGRAMS) $(RECORDED_CHECKED_OBJECTS)
	@$(R)/test_bodies
	@$(R)/test_primitives

# ---- everything that is tested every day, counted in one line at the end
# The VM for ARM64 takes part where there is what builds and runs it (tests/cross/arm64.sh).
check:
	@tools/install_deps.sh check
	@+$(MAKE) --no-print-directory -s $(JOBS) STRICT=1 tests
	@+if command -v $(CROSS)-gcc >/dev/null && command -v qemu-aarch64 >/dev/null; then \
	    $(MAKE) --no-print-directory -s $(JOBS) CONFIG=arm64 build/arm64/parley; fi
	@tools/run_tests.sh -t 600 $(LONG_TESTS) $(DIFF_PROGRAMS) $(UNIT_PROGRAMS) $(RECORDING_PROGRAMS) \
    $(STRESS_PROGRAMS) $(SCRIPT_TESTS)

tests: all $(DIFF_PROGRAMS) $(UNIT_PROGRAMS) $(TEST_TOOLS) $(RECORDING_PROGRAMS) $(RECORDED_CHECKED_OBJECTS) \
    $(STRESS_PROGRAMS)

# The same tests under address and undefined-behaviour sanitizers.
san:
	@tools/install_deps.sh san
	@+$(MAKE) --no-print-directory -s $(JOBS) STRICT=1 CONFIG=san tests
	@PARLEY_CONFIG=san tools/run_tests.sh -t 700 $(LONG_TESTS) \
	    $(patsubst build/$(CONFIG)/%,build/san/%,$(DIFF_PROGRAMS) $(UNIT_PROGRAMS) \
    $(RECORDING_PROGRAMS) $(STRESS_PROGRAMS)) $(SCRIPT_TESTS)

test-programs: $(UNIT_PROGRAMS) $(RECORDING_PROGRAMS)

# ---- another machine: the whole VM, built with Debian's cross compiler and run in qemu-user
arm64:
	@tools/install_deps.sh arm64
	@+$(MAKE) --no-print-directory -s $(JOBS) CONFIG=arm64 build/arm64/parley

check-arm64: all arm64
	@+$(MAKE) --no-print-directory -s $(JOBS) STRICT=1 CONFIG=arm64 test-programs
	@+$(MAKE) --no-print-directory -s CONFIG=arm64 run-arm64
.PHONY: run-arm64
run-arm64:
	@PARLEY_NIGHTLY=1 tools/run_tests.sh -t 5400 -e "$(EMULATOR)" $(UNIT_PROGRAMS) $(RECORDING_PROGRAMS) \
	    tests/cross/arm64.sh

lint: $(B)/tools/primitives_doc
	@tools/install_deps.sh lint
	@tools/lint.sh

# ---- documents made from tables
$(B)/tools/%: tools/%.c $(B)/libparley.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -MF $@.d -o $@ $< $(B)/libparley.a $(LIBS)

docs: $(B)/tools/primitives_doc
	$< src >docs/primitives.md

$(B)/parley.1: $(B)/tools/manual
	$< >$@

# ---- using it
run:
	@tools/install_deps.sh run
	@+$(MAKE) --no-print-directory -s $(JOBS) all
	@build/parley $(ARGS)

bench: all $(B)/tools/measure
	@tools/install_deps.sh bench
	@tools/bench.sh

PREFIX ?= /usr/local
install: all $(B)/parley.1
	install -d $(addprefix $(DESTDIR)$(PREFIX)/,bin include lib share/man/man1)
	install -m 755 $(B)/parley $(DESTDIR)$(PREFIX)/bin/parley
	install -m 644 include/parley.h $(DESTDIR)$(PREFIX)/include/parley.h
	install -m 644 $(B)/libparley.a $(DESTDIR)$(PREFIX)/lib/libparley.a
	install -m 644 $(B)/parley.1 $(DESTDIR)$(PREFIX)/share/man/man1/parley.1

help:
	@sed -n 's/^#   //p' Makefile | sed '/^$$/q'

clean:
	rm -rf build

-include $(LIB_OBJECTS:.o=.d) $(DIFF_OBJECTS:.o=.d) $(DIFF_PROGRAMS:$(B)/tests/%=$(B)/tests/objects/%.d) $(CMD_OBJECTS:.o=.d) $(UNIT_PROGRAMS:%=%.d) \
    $(NIGHTLY_PROGRAMS:%=%.d) $(STRESS_PROGRAMS:%=%.d) $(TEST_TOOLS:%=%.d) $(B)/tools/manual.d $(B)/tools/measure.d \
    $(RECORD_OBJECTS:.o=.d) $(RECORDED_OBJECTS:.o=.d) $(RECORDED_CHECKED_OBJECTS:.o=.d) \
    $(RECORDING_DRIVER:.o=.d) $(RECORDING_PROGRAMS:$(R)/%=$(R)/tests/%.d)
