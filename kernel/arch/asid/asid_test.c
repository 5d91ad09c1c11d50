#include <arch/asid/asid.h>
#include <sched/cpu.h>
#include <unit.h>

#define SPACES 40u

static struct space spaces[SPACES];
/* What each CPU's TLB holds: whose translations by number, since it flushed for this generation. */
static struct tlb {
    uint64_t generation;
    const struct space *owner[2 * ARCH_MAX_CPUS + 1];
} tlbs[ARCH_MAX_CPUS];

static void start(void)
{
    cpu_count = ARCH_MAX_CPUS;
    for (unsigned i = 0; i < cpu_count; i++) {
        cpus[i] = (struct cpu){};
        tlbs[i] = (struct tlb){};
    }
    for (unsigned i = 0; i < SPACES; i++)
        spaces[i].arch.asid = (struct asid){};
}

/* As a port does it. */
static void load(unsigned cpu, struct space *space)
{
    struct tlb *tlb = &tlbs[cpu];
    if (!asid_is_present(&space->arch.asid))
        asid_assign(&space->arch.asid);
    if (tlb->generation != asid_generation)
        *tlb = (struct tlb){.generation = asid_generation};
    cpus[cpu].space = space;
    const struct space **owner = &tlb->owner[space->arch.asid.number];
    EXPECT(!*owner || *owner == space);
    *owner = space;
}

static void finish(void)
{
    for (unsigned i = 0; i < cpu_count; i++)
        cpus[i].space = nullptr;
    cpu_count = 1;
}

TEST(a_number_kept_over_a_generation_is_nobody_elses_when_its_space_is_not_loaded)
{
    start();
    asid_init(2 * ARCH_MAX_CPUS);
    uint64_t first = asid_generation;
    for (unsigned i = 3; i--;)
        load(0, &spaces[i]);
    for (unsigned i = 3; asid_generation == first; i++) {
        load(1, &spaces[i]);
        load(1, &spaces[0]);
    }
    for (unsigned i = SPACES / 2; i < SPACES / 2 + 4; i++) { /* nobody has spaces[0] loaded */
        load(0, &spaces[i]);
        load(1, &spaces[i]);
        EXPECT(spaces[i].arch.asid.number != spaces[0].arch.asid.number);
    }
    load(0, &spaces[0]);
    finish();
}

TEST(no_two_spaces_share_a_number_in_any_tlb)
{
    for (uint64_t limit = 2 * ARCH_MAX_CPUS; limit <= 2 * ARCH_MAX_CPUS + 1; limit++) {
        start();
        asid_init(limit);
        for (unsigned i = 0; i < 100000; i++)
            load((unsigned)(unit_random() % cpu_count), &spaces[unit_random() % SPACES]);
        finish();
    }
}
