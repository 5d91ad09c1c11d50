/* account.h: time on a CPU, counted in ticks of its counter and turned into nanoseconds for those who ask. Each CPU has one account that is open
 * at any time: that of its current thread, or of `nobody`; so those of a CPU add up to all of its time.
 * Inline and without a branch: every switch of threads has it. */
#ifndef KERNEL_ACCOUNT_H
#define KERNEL_ACCOUNT_H

#include <arch/arch.h>

struct time_account {
    uint64_t ticks;      /* up to `since` while it is open */
    arch_tick_t since;
};

static inline void account_open(struct time_account *account)
{
    account->since = arch_tick();
}

/* What runs on this CPU up to now was `from`'s; it is `to`'s from now on. */
[[gnu::always_inline]] static inline void account_switch(struct time_account *from, struct time_account *to)
{
    arch_tick_t now = arch_tick();
    from->ticks += arch_ticks_between(from->since, now);
    to->since = now;
}

/* Bring an account that is open up to now. On any CPU: their counters may differ by a little. */
static inline void account_update(struct time_account *account)
{
    arch_tick_t now = arch_tick();
    int64_t more = (int64_t)arch_ticks_between(account->since, now);
    if (more <= 0)
        return;
    account->ticks += (uint64_t)more;
    account->since = now;
}

/* Any CPU's: their counters may differ by a little. */
static inline uint64_t account_ticks(const struct time_account *account, bool is_open)
{
    int64_t more = is_open ? (int64_t)arch_ticks_between(account->since, arch_tick()) : 0;
    return account->ticks + (more > 0 ? (uint64_t)more : 0);
}

static inline uint64_t account_ns(const struct time_account *account, bool is_open)
{
    return arch_ticks_ns(account_ticks(account, is_open));
}

#endif
