/* mips_signals.h: signal numbers, sets and structures of mips. */
#ifndef LINUX_SIGNALS_H
#define LINUX_SIGNALS_H

#include <stdint.h>

struct linux_sigset {
    uint64_t bits[2];
};

/* 0 and numbers that the other side does not have stay or become 0. */
uint32_t signal_in(uint32_t signal);
uint32_t signal_out(uint32_t signal);
uint64_t sigset_in(const struct linux_sigset *set);
struct linux_sigset sigset_out(uint64_t set);
uint64_t action_flags_in(uint64_t flags);
uint64_t action_flags_out(uint64_t flags);
/* The signal number inside a wait status. */
uint32_t wait_status_out(uint32_t status);
static inline unsigned mask_how_in(unsigned how) { return how - 1; }

struct linux_sigaction {
    uint32_t flags, pad;
    uint64_t handler;
    struct linux_sigset mask;
};
#define LINUX_ACTION_RESTORER(action) 0ull
#define LINUX_ACTION_SET_RESTORER(action, value) ((void)(value))

struct linux_sigstack {
    uint64_t base, size;
    int32_t  flags;
};

struct linux_siginfo {
    int32_t signal, code, error, pad;
    union {
        uint8_t room[112];
        struct { uint32_t pid, uid; uint64_t value; } sent;
        struct { uint32_t pid, uid; int32_t status; int64_t user_ticks, system_ticks; } child;
        struct { uint64_t address; } fault;
    };
};
static_assert(sizeof(struct linux_siginfo) == 128);

#endif
