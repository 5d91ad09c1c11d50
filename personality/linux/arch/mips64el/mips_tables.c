/* mips_tables.c: numbers and structures of mips that differ from the generic ones, without the calls that use them. */
#include "mips_requests.h"
#include <memory.h>

unsigned mmap_flags_in(unsigned flags)
{
    static const struct {
        uint32_t mips, generic;
    } table[] = {
        {0x400, MMAP_NO_RESERVE}, {0x800, MMAP_ANONYMOUS}, {0x1000, MMAP_GROWS_DOWN}, {0x2000, MMAP_DENY_WRITE}, {0x4000, MMAP_EXECUTABLE},
        {0x8000, MMAP_LOCKED}, {0x10000, MMAP_POPULATE}, {0x20000, MMAP_NON_BLOCK}, {0x40000, MMAP_STACK}, {0x80000, MMAP_HUGE},
    };
    unsigned generic = flags & ~0xffc00u; /* the rest is alike */
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (flags & table[i].mips)
            generic |= table[i].generic;
    return generic;
}

unsigned fcntl_command_in(unsigned command)
{
    switch (command) {
    case 14: return 5;  /* GETLK */
    case 24: return 8;  /* SETOWN */
    case 23: return 9;  /* GETOWN */
    case 5:
    case 8:
    case 9: return 0xffff; /* what the generic ones are is nothing here */
    default: return command;
    }
}

unsigned limit_resource_in(unsigned resource)
{
    static const uint8_t generic[] = {0, 1, 2, 3, 4, 7 /* NOFILE */, 9 /* AS */, 5 /* RSS */, 6 /* NPROC */, 8 /* MEMLOCK */, 10, 11, 12, 13, 14, 15};
    return resource < sizeof generic ? generic[resource] : resource;
}

/* --- terminals -------------------------------------------------------------------------------------------------------------------------- */

/* Where the generic character i is with mips. */
static const uint8_t character_place[17] = {0, 1, 2, 3, 16 /* EOF */, 5, 4 /* MIN */, 7, 8, 9, 10, 17 /* EOL */, 12, 13, 14, 15, 6 /* EOL2 */};

/* Local flags that are elsewhere. */
static const struct {
    uint32_t mips, generic;
} local_flags[] = {{0x100, 0x8000} /* IEXTEN */, {0x2000, 0x1000} /* FLUSHO */, {0x8000, 0x100} /* TOSTOP */};
#define LOCAL_SAME 0x14effu /* the others, without those bits of either */

void termios_in(struct generic_termios *generic, const struct mips_termios *mips)
{
    *generic = (struct generic_termios){mips->input, mips->output, mips->control, mips->local & LOCAL_SAME, mips->line, {}};
    for (unsigned i = 0; i < 3; i++)
        if (mips->local & local_flags[i].mips)
            generic->local |= local_flags[i].generic;
    for (unsigned i = 0; i < sizeof character_place; i++)
        generic->characters[i] = mips->characters[character_place[i]];
}

void termios_out(struct mips_termios *mips, const struct generic_termios *generic)
{
    *mips = (struct mips_termios){generic->input, generic->output, generic->control, generic->local & LOCAL_SAME, generic->line, {}};
    for (unsigned i = 0; i < 3; i++)
        if (generic->local & local_flags[i].generic)
            mips->local |= local_flags[i].mips;
    for (unsigned i = 0; i < sizeof character_place; i++)
        mips->characters[character_place[i]] = generic->characters[i];
}

uint32_t ioctl_request_in(uint32_t request)
{
    static const struct {
        uint32_t mips, generic;
    } table[] = {
        {0x5401, 0x5405}, {0x5402, 0x5406}, {0x5403, 0x5407}, {0x5404, 0x5408}, /* TCGETA, TCSETA, TCSETAW, TCSETAF */
        {0x5405, 0x5409}, {0x5406, 0x540a}, {0x5407, 0x540b}, /* TCSBRK, TCXONC, TCFLSH */
        {0x540d, 0x5401}, {0x540e, 0x5402}, {0x540f, 0x5403}, {0x5410, 0x5404}, /* TCGETS, TCSETS, TCSETSW, TCSETSF */
        {0x740d, 0x540c}, {0x740e, 0x540d}, {0x5480, 0x540e}, /* TIOCEXCL, TIOCNXCL, TIOCSCTTY */
        {0x40047477, 0x540f}, {0x80047476, 0x5410}, {0x7472, 0x5411}, {0x5472, 0x5412}, /* TIOCGPGRP, TIOCSPGRP, TIOCOUTQ, TIOCSTI */
        {0x40087468, 0x5413}, {0x80087467, 0x5414}, /* TIOCGWINSZ, TIOCSWINSZ */
        {0x741d, 0x5415}, {0x741b, 0x5416}, {0x741c, 0x5417}, {0x741a, 0x5418}, /* TIOCMGET, TIOCMBIS, TIOCMBIC, TIOCMSET */
        {0x467f, 0x541b}, {0x80047478, 0x541d}, {0x667e, 0x5421}, {0x5471, 0x5422}, /* FIONREAD, TIOCCONS, FIONBIO, TIOCNOTTY */
        {0x7401, 0x5423}, {0x7400, 0x5424}, {0x5486, 0x5425}, {0x7416, 0x5429}, /* TIOCSETD, TIOCGETD, TCSBRKP, TIOCGSID */
        {0x6602, 0x5450}, {0x6601, 0x5451}, {0x40045430, 0x80045430}, {0x80045431, 0x40045431}, /* FIONCLEX, FIOCLEX, TIOCGPTN, TIOCSPTLCK */
    };
    for (size_t i = 0; i < sizeof table / sizeof table[0]; i++)
        if (table[i].mips == request)
            return table[i].generic;
    /* The direction bits of encoded requests: generic 1 = write, 2 = read in bits 30, 31; mips 4 = write, 2 = read in 29..31, 1 = none. */
    uint32_t direction = request >> 29, rest = request & 0x1fffffff;
    if (direction == 1)
        request = rest;
    if (direction != 2 && direction != 4 && direction != 6)
        return request < 0x5401 || request > 0x54ff ? request : 0;
    return rest | (direction & 4 ? 1u << 30 : 0) | (direction & 2 ? 1u << 31 : 0);
}
