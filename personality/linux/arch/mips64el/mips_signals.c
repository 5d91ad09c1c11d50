/* mips_signals.c: translation of signals. */
#include "mips_signals.h"

/* generic -> mips; STKFLT has EMT's place */
static const uint8_t to_mips[32] = {0,  1,  2,  3,  4,  5,  6,  10, 8,  9,  16, 11, 17, 13, 14, 15,
                                    7,  18, 25, 23, 24, 26, 27, 21, 30, 31, 28, 29, 20, 22, 19, 12};
static const uint8_t from_mips[32] = {0,  1,  2,  3,  4,  5,  6,  16, 8,  9,  7,  11, 31, 13, 14, 15,
                                      10, 12, 17, 30, 28, 23, 29, 19, 20, 18, 21, 22, 26, 27, 24, 25};

uint32_t signal_in(uint32_t signal)
{
    return signal < 32 ? from_mips[signal] : signal;
}

uint32_t signal_out(uint32_t signal)
{
    return signal < 32 ? to_mips[signal] : signal;
}

static uint64_t permute(uint64_t bits, const uint8_t map[32])
{
    uint64_t out = bits & ~0x7fffffffull;
    for (uint32_t signal = 1; signal < 32; signal++)
        out |= (bits >> (signal - 1) & 1) << (map[signal] - 1);
    return out;
}

uint64_t sigset_in(const struct linux_sigset *set)
{
    return permute(set->bits[0], from_mips);
}

struct linux_sigset sigset_out(uint64_t set)
{
    return (struct linux_sigset){{permute(set, to_mips), 0}};
}

#define MIPS_INFO 8ull
#define MIPS_NO_CHILD_WAIT 0x10000ull
#define GENERIC_INFO 4ull
#define GENERIC_NO_CHILD_WAIT 2ull
#define SAME 0xd8000001ull

uint64_t action_flags_in(uint64_t flags)
{
    return (flags & SAME) | (flags & MIPS_INFO ? GENERIC_INFO : 0) | (flags & MIPS_NO_CHILD_WAIT ? GENERIC_NO_CHILD_WAIT : 0);
}

uint64_t action_flags_out(uint64_t flags)
{
    return (flags & SAME) | (flags & GENERIC_INFO ? MIPS_INFO : 0) | (flags & GENERIC_NO_CHILD_WAIT ? MIPS_NO_CHILD_WAIT : 0);
}

uint32_t wait_status_out(uint32_t status)
{
    if ((status & 0xff) == 0x7f)
        return (status & 0xff) | signal_out(status >> 8 & 0xff) << 8;
    if (status == 0xffff || !(status & 0x7f))
        return status;
    return (status & ~0x7fu) | signal_out(status & 0x7f);
}
