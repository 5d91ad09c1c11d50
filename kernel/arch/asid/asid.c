/* asid.c: see asid.h. Invariant: no two spaces of one generation share a number but 0. */
#include <arch/asid/asid.h>
#include <sched/cpu.h>

uint64_t asid_generation = 1;
static uint64_t next_number = 1, limit;
static uint64_t kept[ARCH_MAX_CPUS]; /* by CPU: the number with which its space went over into this generation; 0: none did */

void asid_init(uint64_t count)
{
    limit = count < 2 * ARCH_MAX_CPUS ? 0 : count;
    next_number = 1;
    for (unsigned i = 0; i < ARCH_MAX_CPUS; i++)
        kept[i] = 0;
}

static void begin_generation(void)
{
    asid_generation++;
    next_number = 1;
    for (unsigned i = 0; i < cpu_count; i++) {
        struct space *space = cpus[i].space;
        kept[i] = space ? space->arch.asid.number : 0;
        if (space)
            space->arch.asid.generation = asid_generation;
    }
    asid_flush_before_load();
}

/* They have it for the whole generation, loaded or not. */
static bool is_kept(uint64_t number)
{
    for (unsigned i = 0; i < ARCH_MAX_CPUS; i++)
        if (kept[i] == number)
            return true;
    return false;
}

void asid_assign(struct asid *asid)
{
    asid->number = 0;
    if (limit)
        do {
            if (next_number == limit)
                begin_generation();
            asid->number = next_number++;
        } while (is_kept(asid->number));
    asid->generation = asid_generation;
}
