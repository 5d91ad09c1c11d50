/* links: personality/linux/arch/mips64el/mips_open.c personality/linux/arch/mips64el/mips_signals.c */
/* mips_tables_test.c: tests of mips's numbers. Translating there and back changes nothing; a few are spelled out. */
#include "mips_open.h"
#include "mips_requests.h"
#include "mips_signals.h"
#include <string.h>
#include <unit.h>

TEST(mips_signals_are_a_permutation)
{
    uint64_t seen = 0;
    for (uint32_t signal = 1; signal <= 64; signal++) {
        EXPECT_EQUAL(signal_in(signal_out(signal)), signal);
        seen |= 1ull << (signal_out(signal) - 1);
    }
    EXPECT_EQUAL(seen, UINT64_MAX);
    EXPECT_EQUAL(signal_out(17 /* CHLD */), 18);
    EXPECT_EQUAL(signal_in(16 /* USR1 */), 10);
    EXPECT_EQUAL(signal_in(23 /* STOP */), 19);
    for (unsigned i = 0; i < 100; i++) {
        uint64_t set = unit_random();
        struct linux_sigset mips = sigset_out(set);
        EXPECT_EQUAL(sigset_in(&mips), set);
        uint32_t signal = 1 + (uint32_t)unit_random_below(64);
        EXPECT_EQUAL(mips.bits[0] >> (signal_out(signal) - 1) & 1, set >> (signal - 1) & 1);
    }
}

TEST(mips_wait_statuses)
{
    EXPECT_EQUAL(wait_status_out(3 << 8), 3 << 8);
    EXPECT_EQUAL(wait_status_out(7 /* BUS */), 10);
    EXPECT_EQUAL(wait_status_out(20 << 8 | 0x7f /* TSTP */), 24 << 8 | 0x7f);
    EXPECT_EQUAL(wait_status_out(0xffff), 0xffff);
}

TEST(mips_open_flags)
{
    for (unsigned bit = 0; bit < 23; bit++) {
        unsigned generic = 1u << bit;
        unsigned back = open_flags_in(open_flags_out(generic));
        EXPECT(back == generic || (back == 0 && (generic & 074u /* mean nothing */)));
    }
    EXPECT_EQUAL(open_flags_in(0x0100 | 0x0200 | 1), 0100 | 01000 | 1);
    EXPECT_EQUAL(open_flags_in(0x80000), 02000000);
}

TEST(mips_error_numbers)
{
    uint64_t seen[64] = {};
    for (unsigned number = 1; number < 134; number++) {
        unsigned mips = mips_errno(number);
        if (number == 41 || number == 58)
            continue; /* mean nothing */
        REQUIRE(mips < 64 * 64);
        EXPECT(!(seen[mips / 64] >> mips % 64 & 1));
        seen[mips / 64] |= 1ull << mips % 64;
    }
    EXPECT_EQUAL(mips_errno(ENOSYS), 89);
    EXPECT_EQUAL(mips_errno(ENOENT), 2);
    EXPECT_EQUAL(mips_errno(ETIMEDOUT), 145);
    EXPECT_EQUAL(mips_errno(ENAMETOOLONG), 78);
}

TEST(mips_terminal_modes)
{
    for (unsigned i = 0; i < 200; i++) {
        struct generic_termios generic = {}, back;
        struct mips_termios mips;
        generic.input = (uint32_t)unit_random();
        generic.local = (uint32_t)unit_random() & 0x1ddff;
        for (unsigned c = 0; c < 17; c++)
            generic.characters[c] = (uint8_t)unit_random();
        termios_out(&mips, &generic);
        termios_in(&back, &mips);
        EXPECT_EQUAL(back.input, generic.input);
        EXPECT_EQUAL(back.local, generic.local);
        EXPECT(memcmp(back.characters, generic.characters, 17) == 0);
        EXPECT_EQUAL(mips.characters[16], generic.characters[4] /* EOF */);
    }
}

TEST(mips_ioctl_requests)
{
    EXPECT_EQUAL(ioctl_request_in(0x540d), 0x5401);     /* TCGETS */
    EXPECT_EQUAL(ioctl_request_in(0x40087468), 0x5413); /* TIOCGWINSZ */
    EXPECT_EQUAL(ioctl_request_in(0x80047476), 0x5410); /* TIOCSPGRP */
    EXPECT_EQUAL(ioctl_request_in(0x40045430), 0x80045430);
    EXPECT_EQUAL(ioctl_request_in(0x80045431), 0x40045431);
    EXPECT_EQUAL(ioctl_request_in(0x20001268), 0x1268); /* BLKSSZGET */
    EXPECT_EQUAL(ioctl_request_in(0x40081272), 0x80081272); /* BLKGETSIZE64 */
}
