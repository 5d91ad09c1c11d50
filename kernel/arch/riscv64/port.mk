# How this machine's code is compiled. TARGET: clang's triple. KCFLAGS, UCFLAGS: kernel and native programs (no FPU registers in either).
# RCFLAGS: added for the POSIX runtime, which is linked above 4 GiB. LDFLAGS: all links. PLATFORM: the files of kernel/platform (.o) that the
# port uses. SHARED: folders of kernel/arch that it has in common with others.
TARGET := riscv64-unknown-none-elf
KCFLAGS := -momit-leaf-frame-pointer -march=rv64imac_zicsr_zifencei -mabi=lp64 -mcmodel=medany -msmall-data-limit=0 -mno-relax
UCFLAGS := -momit-leaf-frame-pointer -march=rv64imac -mabi=lp64 -mcmodel=medany -msmall-data-limit=0 -mno-relax
RCFLAGS := -fvisibility=hidden
LDFLAGS := -z max-page-size=0x1000
PLATFORM := goldfish_rtc.o plic.o uart16550.o
SHARED := radix asid
