/* asid.c: see asid.h. Invariant: no two spaces of one generation share a number but 0. */
#include <arch/asid/asid.h>
#include <sched/cpu.h>

uint64_t asid_generation = 1;
static uint64_t next_number = 1, limit;

void asid_init(uint64_t count)
{
    limit = count < 2 * ARCH_MAX_CPUS ? 0 : count;
}

static void begin_generation(void)
{
    asid_generation++;
    next_number = 1;
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i].space)
            cpus[i].space->arch.asid.generation = asid_generation;
    asid_flush_before_load();
}

static bool is_loaded(uint64_t number)
{
    for (unsigned i = 0; i < cpu_count; i++)
        if (cpus[i].space && cpus[i].space->arch.asid.number == number)
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
        } while (asid_generation > 1 && is_loaded(asid->number));
    asid->generation = asid_generation;
}
