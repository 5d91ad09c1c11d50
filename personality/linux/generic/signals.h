/* signals.h (generic): signal numbers, sets and structures: those of the runtime. */
#ifndef LINUX_SIGNALS_H
#define LINUX_SIGNALS_H

#include <stdint.h>

struct linux_sigset {
    uint64_t bits;
};

static inline uint32_t signal_in(uint32_t signal) { return signal; }
static inline uint32_t signal_out(uint32_t signal) { return signal; }
static inline uint64_t sigset_in(const struct linux_sigset *set) { return set->bits; }
static inline struct linux_sigset sigset_out(uint64_t set) { return (struct linux_sigset){set}; }
static inline uint64_t action_flags_in(uint64_t flags) { return flags; }
static inline uint64_t action_flags_out(uint64_t flags) { return flags; }
static inline unsigned mask_how_in(unsigned how) { return how; }
static inline uint32_t wait_status_out(uint32_t status) { return status; }

struct linux_sigstack {
    uint64_t base;
    int32_t  flags;
    uint64_t size;
};

struct linux_siginfo {
    int32_t signal, error, code, pad;
    union {
        uint8_t room[112];
        struct { uint32_t pid, uid; uint64_t value; } sent;
        struct { uint32_t pid, uid; int32_t status; int64_t user_ticks, system_ticks; } child;
        struct { uint64_t address; } fault;
    };
};
static_assert(sizeof(struct linux_siginfo) == 128);

#endif
