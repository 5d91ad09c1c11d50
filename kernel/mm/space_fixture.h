/* space_fixture.h: what host tests of spaces share: a machine started over, a ledger without limits and a space that it pays for; the end, at
 * which all is given back. Static: each file that includes it has its own. */
#ifndef SPACE_FIXTURE_H
#define SPACE_FIXTURE_H

#include <host.h>
#include <mm/carve.h>
#include <mm/frames.h>
#include <mm/region.h>
#include <unit.h>

#define RW (PROT_BIT_READ | PROT_BIT_WRITE)
#define AT 0x20000000ull
#define MP MP_SIZE

static struct ledger ledger;
static struct space space;

static void start(unsigned shift, uint64_t ram)
{
    host_boot_simple(shift, ram);
    host_interrupt_pending = false;
    ledger = (struct ledger){.object = {.references = 1, .type = OBJECT_LEDGER}};
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        ledger.limit[kind] = UINT64_MAX;
    REQUIRE_EQUAL(space_init(&space, &ledger), STATUS_OK);
}

static void end_space(struct space *s)
{
    while (!space_destroy_some(s, 1))
        ;
}

/* All of it is given back. */
static void finish(void)
{
    end_space(&space);
    host_work();
    mm_check();
    EXPECT_EQUAL(ledger.used[LEDGER_PAGES], 0);
    EXPECT_EQUAL(ledger.used[LEDGER_KERNEL], 0);
    EXPECT_EQUAL(ledger.object.references, 1);
    EXPECT_EQUAL(carve_user_bytes(), 0);
}

#endif
