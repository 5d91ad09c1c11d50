# How this machine's code is compiled. TARGET: clang's triple. KCFLAGS, UCFLAGS: kernel and native programs (no FPU registers in either).
# RCFLAGS: added for the POSIX runtime, which is linked above 4 GiB. LDFLAGS: all links. PLATFORM: the files of kernel/platform (.o) that the
# port uses.
TARGET := aarch64-unknown-none-elf
KCFLAGS := -mgeneral-regs-only -mstrict-align
UCFLAGS := -mgeneral-regs-only
RCFLAGS := -fvisibility=hidden
LDFLAGS := -z max-page-size=0x1000
PLATFORM := gicv2.o gicv3.o pl011.o uart16550.o
SHARED := radix asid
