# How this machine's code is compiled. TARGET: clang's triple. KCFLAGS, UCFLAGS: kernel and native programs (no FPU registers in either).
# RCFLAGS: added for the POSIX runtime, which is linked above 4 GiB. LDFLAGS: all links. PLATFORM: the files of kernel/platform (.o) that the
# port uses. SHARED: folders of kernel/arch that it has in common with others.
TARGET := loongarch64-unknown-none-gnusf
KCFLAGS := -momit-leaf-frame-pointer -msoft-float -fno-pic -fdirect-access-external-data
UCFLAGS := -momit-leaf-frame-pointer -msoft-float -fno-pic -fdirect-access-external-data
RCFLAGS := -fvisibility=hidden
LDFLAGS := -z max-page-size=0x4000
PLATFORM := extioi.o fw_cfg.o ls7a_pic.o ls7a_rtc.o uart16550.o
SHARED := radix asid
