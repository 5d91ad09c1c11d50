# How this machine's code is compiled. TARGET: clang's triple. KCFLAGS, UCFLAGS: kernel and native programs (no FPU registers in either).
# RCFLAGS: added for the POSIX runtime, which is linked above 4 GiB. LDFLAGS: all links. PLATFORM: the files of kernel/platform (.o) that the
# port uses. SHARED: folders of kernel/arch that it has in common with others.
# Not sym32, though all addresses would allow it: with it clang 19 mistranslates its own calls of memset and memcpy (jalr memset).
TARGET := mips64el-unknown-linux-gnuabi64
KCFLAGS := -fomit-frame-pointer -march=mips64r2 -mabi=64 -mno-abicalls -fno-pic -msoft-float -G0
UCFLAGS := -fomit-frame-pointer -march=mips64r2 -mabi=64 -mno-abicalls -fno-pic -msoft-float -G0
RCFLAGS := -fvisibility=hidden
LDFLAGS := -z max-page-size=0x1000
PLATFORM := cmos_rtc.o pic8259.o pit8254.o uart16550.o
SHARED := radix asid
