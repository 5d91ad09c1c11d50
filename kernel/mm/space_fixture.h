/* space_fixture.h: what host tests of spaces share: a machine started over, a ledger without limits and a space that it pays for; reading as a
 * program does; the end, at which all is given back. Static: each file that includes it has its own. */
#ifndef SPACE_FIXTURE_H
#define SPACE_FIXTURE_H

#include <host.h>
#include <mm/carve.h>
#include <mm/clusters.h>
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

static inline uint64_t read(struct space *s, uaddr_t va)
{
    paddr_t pa;
    while (host_access(&s->arch, va, PROT_BIT_READ, &pa))
        REQUIRE_EQUAL(space_fault(s, va, PROT_BIT_READ), STATUS_OK);
    return *(uint64_t *)phys_to_virt(pa);
}

/* 0: nothing maps it. */
static inline size_t leaf_size(struct space *s, uaddr_t va)
{
    struct arch_mapping mapping;
    return arch_query(&s->arch, va, &mapping) ? mapping.size : 0;
}

static void check(struct space *s)
{
    space_check(s);
    host_tlb_check(&s->arch);
    mm_check();
}

static void end_space(struct space *s)
{
    check(s);
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
    EXPECT_EQUAL(blocks_count(), 0);
}

#endif
