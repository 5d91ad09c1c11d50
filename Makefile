# make [ARCH=riscv64] [O=build/riscv64] [DEBUG=1] [target]
#   all (default)  kernel, runtime, servers, drivers, apps     kernel  just the kernel
#   host-tests     unit-test programs (with ARCH=host)         fuzz    fuzzers (with ARCH=host)
#   native-tests   programs that boot in place of init          reference       docs/reference/ from the .idl files
#   clean          V=1 shows the commands
# Sources are found, not listed: *.c and *.S of the folders below; *_test.c go into the unit-test programs of the host. What a machine
# needs is in kernel/arch/$(ARCH)/port.mk. servers/<name>, drivers/<name> and apps/<name> may have a build.mk with lines like
#   ps2.arches := x86_64        (only there)        init.cflags := -I...        init.libs := path/to/libx.a

ARCH ?= x86_64
DEBUG ?=
O ?= build/$(ARCH)$(if $(DEBUG),-debug)
CC := clang-19
LD := ld.lld-19
AR := llvm-ar-19
NM := llvm-nm-19
PYTHON ?= python3
.DEFAULT_GOAL := all
MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
ifndef V
.SILENT:
endif
.DELETE_ON_ERROR:
.SECONDARY:

ifeq ($(wildcard kernel/arch/$(ARCH)/port.mk),)
$(error there is no machine '$(ARCH)': ARCH is one of $(notdir $(patsubst %/port.mk,%,$(wildcard kernel/arch/*/port.mk))))
endif
include kernel/arch/$(ARCH)/port.mk
-include $(wildcard servers/*/build.mk drivers/*/build.mk apps/*/build.mk)

# find-c FOLDER: all .c below it, without tests; find-s: the assembly; find-tests: the tests
find-c = $(sort $(filter-out %_test.c $(EXCLUDE),$(shell test ! -d $(1) || find $(1) -name '*.c')))
find-tests = $(sort $(foreach d,$(wildcard $(1)),$(shell find $(d) -name '*_test.c')))
find-s = $(sort $(shell test ! -d $(1) || find $(1) -name '*.S'))
objects = $(patsubst %,$(2)/%.o,$(basename $(1)))

COMMON := $(if $(TARGET),--target=$(TARGET)) -std=c23 -ffreestanding -fno-stack-protector -fno-omit-frame-pointer -fno-strict-aliasing \
  -ffunction-sections -fdata-sections -O2 -g -Wall -Wextra -Werror -MMD -MP $(if $(DEBUG),-DHEDDLE_DEBUG=1) \
  -Iabi -Iabi/arch/$(ARCH) -I$(O)/gen
KERNEL_FLAGS := $(COMMON) -Wthread-safety -Ikernel -Ikernel/arch/$(ARCH) -Ikernel/arch -I. -Iboot $(KCFLAGS)
USER_INCLUDES := -Ilib/os -Ilib/os/arch/$(ARCH) -Ilib/uthread -Ilib/uthread/arch/$(ARCH) -Ilib/serve -Ilib/drive
USER_FLAGS := $(COMMON) $(USER_INCLUDES) $(UCFLAGS)
RUNTIME_FLAGS := $(USER_FLAGS) -Ilib/posix -Ilib/posix/arch/$(ARCH) -Ipersonality/linux -Ipersonality/linux/arch/$(ARCH) $(RCFLAGS)
LINK := $(LD) -nostdlib -static --gc-sections --build-id=none -z noexecstack $(LDFLAGS)

# --- generated ---------------------------------------------------------------------------------------------------------------------
GEN := $(O)/gen/stamp
$(GEN): $(wildcard abi/*.idl protocols/*.idl tools/idlc.py tools/idl/*.py) abi/status.h
	@mkdir -p $(@D)
	$(PYTHON) tools/idlc.py --out $(O)/gen
	@touch $@
.PHONY: reference
reference:
	$(PYTHON) tools/idlc.py --reference docs/reference

# --- kernel ------------------------------------------------------------------------------------------------------------------------
KERNEL_C := $(wildcard kernel/main.c) $(foreach d,object mm sched ipc sys lib debug,$(call find-c,kernel/$(d))) \
  $(foreach d,$(ARCH) $(SHARED),$(call find-c,kernel/arch/$(d))) $(addprefix kernel/platform/,$(PLATFORM:.o=.c)) $(filter-out %_test.c,$(wildcard boot/*.c)) $(call find-c,boot/$(ARCH))
KERNEL_S := $(call find-s,kernel/arch/$(ARCH)) $(call find-s,boot/$(ARCH))
KERNEL_O := $(call objects,$(KERNEL_C) $(KERNEL_S),$(O)) $(O)/gen/syscalls_dispatch.o
KERNEL_LD := kernel/arch/$(ARCH)/kernel.ld

$(O)/kernel/%.o: kernel/%.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) -c $< -o $@
$(O)/kernel/ipc/fast.o: KERNEL_FLAGS += -fomit-frame-pointer # nothing called it
$(O)/boot/%.o: boot/%.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) -c $< -o $@
$(O)/kernel/%.o: kernel/%.S | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) -c $< -o $@
$(O)/boot/%.o: boot/%.S | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(KERNEL_FLAGS) -c $< -o $@
$(O)/gen/%.o: $(O)/gen/%.c | $(GEN)
	$(CC) $(KERNEL_FLAGS) -c $< -o $@
$(O)/gen/syscalls_dispatch.c: $(GEN) ;
$(O)/gen/%.h: $(GEN) ;

$(O)/gen/no_symbols.c: $(GEN) tools/symbols.py
	$(PYTHON) tools/symbols.py < /dev/null > $@
$(O)/kernel.first: $(KERNEL_O) $(O)/gen/no_symbols.o $(KERNEL_LD)
	$(LINK) -T $(KERNEL_LD) $(KERNEL_O) $(O)/gen/no_symbols.o -o $@
$(O)/gen/symbols.c: $(O)/kernel.first tools/symbols.py
	$(NM) $< | $(PYTHON) tools/symbols.py > $@
$(O)/kernel.elf: $(KERNEL_O) $(O)/gen/symbols.o
	$(LINK) -T $(KERNEL_LD) $(KERNEL_O) $(O)/gen/symbols.o -o $@
	$(NM) $@ | $(PYTHON) tools/symbols.py --check $(O)/gen/symbols.c
.PHONY: kernel
kernel: $(O)/kernel.elf

# --- libraries for native programs ---------------------------------------------------------------------------------------------------
# other-arches FOLDER: patterns of what is not for this machine
other-arches = $(foreach a,$(notdir $(wildcard $(1)/arch/*)),$(if $(filter $(ARCH),$(a)),,$(1)/arch/$(a)/%))
LIB_OS := $(filter-out $(call other-arches,lib/os),$(call find-c,lib/os) $(call find-s,lib/os))
LIBS := $(O)/libdrive.a $(O)/libserve.a $(O)/libos.a

$(O)/lib/%.o: lib/%.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) -c $< -o $@
$(O)/lib/%.o: lib/%.S | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) -c $< -o $@
$(O)/libos.a: $(call objects,$(LIB_OS),$(O))
$(O)/libuthread.a: $(call objects,$(filter-out $(call other-arches,lib/uthread),$(call find-c,lib/uthread) $(call find-s,lib/uthread)),$(O))
$(O)/libserve.a: $(call objects,$(call find-c,lib/serve),$(O))
$(O)/libdrive.a: $(call objects,$(call find-c,lib/drive),$(O)) $(O)/lib/drive/fdt.o
$(O)/lib/drive/fdt.o: boot/fdt.c | $(GEN) # as booting reads trees
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) -Ikernel -c $< -o $@
$(O)/runtime/libos.a: $(call objects,$(LIB_OS),$(O)/runtime)
$(O)/%.a:
	@mkdir -p $(@D)
	@rm -f $@
	$(AR) rcs $@ $^

# --- the POSIX runtime ------------------------------------------------------------------------------------------------------------------
# The vDSO is an ELF file within the runtime's, on machines that have a list of its functions.
VDSO_MAP := $(wildcard personality/linux/arch/$(ARCH)/vdso.map)
RUNTIME_C := $(filter-out $(call other-arches,lib/posix) $(call other-arches,personality/linux) personality/linux/vdso/%,\
  $(foreach d,lib/posix personality/linux,$(call find-c,$(d)) $(call find-s,$(d)))) $(if $(VDSO_MAP),personality/linux/vdso/image.S)
RUNTIME_FLAGS += -DLINUX_HAS_VDSO=$(if $(VDSO_MAP),1,0)
$(O)/runtime/vdso.so: personality/linux/vdso/vdso.c $(VDSO_MAP) | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_FLAGS) -fvisibility=default -fno-jump-tables -c $< -o $(@:.so=.o)
	$(LD) -shared -nostdlib --no-undefined -soname linux-vdso.so.1 --version-script $(VDSO_MAP) --hash-style=both --build-id=none --gc-sections \
	  -Bsymbolic -s -z rodynamic -z norelro -z noexecstack -z noseparate-code --no-rosegment $(LDFLAGS) -z max-page-size=4096 $(@:.so=.o) -o $@
$(O)/runtime/personality/linux/vdso/image.o: $(O)/runtime/vdso.so
$(O)/runtime/personality/linux/vdso/image.o: RUNTIME_FLAGS += -I$(O)/runtime
-include $(O)/runtime/vdso.d
$(O)/runtime/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_FLAGS) -c $< -o $@
$(O)/runtime/%.o: %.S | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(RUNTIME_FLAGS) -c $< -o $@
$(O)/runtime.elf: $(call objects,$(RUNTIME_C),$(O)/runtime) $(O)/runtime/libos.a lib/posix/runtime.ld
	$(LINK) -T lib/posix/runtime.ld $(filter %.o %.a,$^) -o $@

# --- servers and drivers ------------------------------------------------------------------------------------------------------------------
# $(call native-program,servers,vfs)
define native-program
$(O)/$(1)/$(2)/%.o: $(1)/$(2)/%.c | $$(GEN)
	@mkdir -p $$(@D)
	$$(CC) $$(USER_FLAGS) -I$(1)/$(2) $($(2).cflags) -c $$< -o $$@
$(O)/$(1)/$(2).elf: $$(call objects,$$(call find-c,$(1)/$(2)),$(O)) $($(2).libs) $(LIBS) lib/os/native.ld
	$$(LINK) -T lib/os/native.ld --start-group $$(filter %.o %.a,$$^) --end-group -o $$@
NATIVE += $(O)/$(1)/$(2).elf
endef
programs = $(foreach p,$(notdir $(patsubst %/,%,$(wildcard $(1)/*/))),$(if $(filter $(ARCH),$(or $($(p).arches),$(ARCH))),$(p)))
$(foreach p,$(call programs,servers),$(eval $(call native-program,servers,$(p))))
$(foreach p,$(call programs,drivers),$(eval $(call native-program,drivers,$(p))))

# --- tests that boot in place of init: tests/native/<name>, with what they share in tests/native --------------------------------------------
NATIVE_TEST_COMMON := $(call objects,$(wildcard tests/native/*.c),$(O))
define native-test
$(O)/tests/$(1).elf: $$(call objects,$$(call find-c,tests/native/$(1)) $$(wildcard tests/native/$(1)/$$(ARCH).S),$(O)) $(NATIVE_TEST_COMMON) $($(1).objects) $(O)/libos.a lib/os/native.ld
	$$(LINK) -T lib/os/native.ld $$(filter %.o %.a,$$^) -o $$@
NATIVE_TESTS += $(O)/tests/$(1).elf
endef
$(O)/tests/%.o: tests/%.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) -Itests/native -I$(<D)/$(ARCH) -c $< -o $@
$(O)/tests/%.o: tests/%.S | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) -c $< -o $@
conformance.objects := $(O)/gen/conformance_table.o
bench.objects := $(O)/libserve.a $(O)/libuthread.a
many.objects := $(O)/libuthread.a
$(O)/gen/conformance_table.c: $(GEN) tools/conformance.py
	$(PYTHON) tools/conformance.py $(O)/gen/syscalls.json > $@
$(O)/gen/conformance_table.o: $(O)/gen/conformance_table.c
	$(CC) $(USER_FLAGS) -Itests/native -Itests/native/conformance -c $< -o $@
$(foreach p,$(notdir $(patsubst %/,%,$(wildcard tests/native/*/))),$(eval $(call native-test,$(p))))
.PHONY: native-tests
native-tests: kernel $(NATIVE_TESTS)

# --- apps: musl programs over the runtime; skipped while the C library is not built (./heddle setup) -----------------------------------
MUSL := build/ports/musl-heddle-$(ARCH)
APP_CC := $(CC) --config=$(MUSL)/clang.cfg
APP_FLAGS := -std=c23 -fno-omit-frame-pointer -O2 -g -Wall -Wextra -Werror -MMD -MP
define app
$(O)/apps/$(1)/%.o: apps/$(1)/%.c $(MUSL)/clang.cfg
	@mkdir -p $$(@D)
	$$(APP_CC) $$(APP_FLAGS) $($(1).cflags) -c $$< -o $$@
$(O)/apps/$(1).elf: $$(call objects,$$(call find-c,apps/$(1)),$(O)) $($(1).libs)
	$$(APP_CC) $$^ -o $$@
APPS += $(O)/apps/$(1).elf
endef
ifneq ($(wildcard $(MUSL)/clang.cfg),)
$(foreach p,$(call programs,apps),$(eval $(call app,$(p))))
endif

# --- tests on the host --------------------------------------------------------------------------------------------------------------------
HOST_FLAGS := -DHEDDLE_DEBUG=1 -fsanitize=address,undefined -fno-sanitize-recover=undefined -Itests
HOST_KERNEL := $(KERNEL_O) $(O)/gen/no_symbols.o $(call objects,$(call find-tests,kernel boot),$(O))
USER_TESTS := $(call find-tests,lib servers drivers personality tests/bench/mm)
# A user-side test is linked with the file it is named after, and those its first line names: /* links: lib/x/y.c */
first-line = $(if $(1),$(shell sed -n '1s|^/\* links: \(.*\) \*/|\1|p' $(1)))
USER_TESTED := $(sort $(USER_TESTS) $(wildcard $(USER_TESTS:_test.c=.c)) $(foreach t,$(USER_TESTS),$(call first-line,$(t))))
FUZZERS := $(patsubst tests/fuzz/%_fuzz.c,$(O)/fuzz/%,$(wildcard tests/fuzz/*_fuzz.c))
ifeq ($(ARCH),host)
KERNEL_FLAGS += $(HOST_FLAGS)
USER_FLAGS += $(HOST_FLAGS) -Ilib/posix -Ipersonality/linux
.PHONY: host-tests fuzz
host-tests: $(O)/kernel_test $(if $(USER_TESTS),$(O)/user_test)
fuzz: $(FUZZERS)
$(O)/unit.o: tests/unit.c
	@mkdir -p $(@D)
	$(CC) -std=c23 -g -O1 -Wall -Wextra -Werror $(HOST_FLAGS) -c $< -o $@
$(O)/user/%.o: %.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) $(USER_FLAGS) -I$(dir $<) -c $< -o $@
$(O)/kernel_test: $(HOST_KERNEL) $(O)/unit.o
	$(CC) $(HOST_FLAGS) $^ -o $@
$(O)/user_test: $(call objects,$(USER_TESTED),$(O)/user) $(O)/unit.o
	$(CC) $(HOST_FLAGS) $^ -o $@
# A fuzzer names what it feeds in its first line: /* fuzz: lib/x/y.c kernel/z.c */
$(O)/fuzz/%: tests/fuzz/%_fuzz.c | $(GEN)
	@mkdir -p $(@D)
	$(CC) -std=c23 -g -O1 -Wall -Wextra -Werror -fsanitize=fuzzer,address,undefined -Itests -Iabi -Iabi/arch/host -Ikernel -Ikernel/arch/host -Ikernel/arch -I. -Iboot -Iservers/init \
	  $(USER_INCLUDES) -I$(O)/gen -MMD -MP -MF $@.d $< $$(sed -n '1s|^/\* fuzz: \(.*\) \*/|\1|p' $<) -o $@
endif

.PHONY: all clean print-kernel-flags print-user-flags print-runtime-flags print-kernel-sources print-user-sources print-runtime-sources
all: kernel $(NATIVE) $(NATIVE_TESTS) $(if $(wildcard lib/posix/runtime.ld),$(O)/runtime.elf) $(APPS)
clean:
	rm -rf $(O)
print-kernel-flags:
	@echo $(KERNEL_FLAGS)
print-kernel-sources:
	@echo $(KERNEL_C)
print-user-sources:
	@echo $(filter %.c,$(LIB_OS)) $(call find-c,lib/serve) $(call find-c,lib/drive) $(call find-c,servers) $(call find-c,drivers)
print-runtime-sources:
	@echo $(filter %.c,$(RUNTIME_C))
print-runtime-flags:
	@echo $(RUNTIME_FLAGS)
print-user-flags:
	@echo $(USER_FLAGS) $(foreach p,$(call programs,servers) $(call programs,drivers),$($(p).cflags))
-include $(shell test ! -d $(O) || find $(O) -name '*.d')
