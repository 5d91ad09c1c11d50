# How this machine's code is compiled. TARGET: clang's triple. KCFLAGS, UCFLAGS: kernel and native programs (no FPU registers in either).
# RCFLAGS: added for the POSIX runtime, which is linked above 4 GiB. LDFLAGS: all links. PLATFORM: the files of kernel/platform (.o) that the
# port uses. SHARED: folders of kernel/arch that it shares with others.
TARGET := x86_64-unknown-none-elf
KCFLAGS := -mcmodel=kernel -mno-red-zone -mgeneral-regs-only
UCFLAGS := -mgeneral-regs-only
RCFLAGS := -fPIE -fvisibility=hidden
LDFLAGS := -z max-page-size=0x1000
PLATFORM := cmos_rtc.o hpet.o ioapic.o lapic.o pic8259.o pit8254.o uart16550.o
SHARED := radix pcid
