# The portable kernel as a program of the build machine, under the sanitizers. EXCLUDE: what the C library has instead.
TARGET :=
KCFLAGS := -g
UCFLAGS := -g
LDFLAGS :=
PLATFORM :=
SHARED := radix
EXCLUDE := kernel/lib/string.c
