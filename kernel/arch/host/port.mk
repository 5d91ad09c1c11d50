# The portable kernel as a program of the build machine, under the sanitizers. EXCLUDE: what the C library has instead, and what
# only the way in of traps calls.
TARGET :=
KCFLAGS := -g
UCFLAGS := -g
LDFLAGS :=
PLATFORM :=
SHARED := radix asid pcid
EXCLUDE := kernel/lib/string.c kernel/ipc/fast.c kernel/arch/asid/switch.c
