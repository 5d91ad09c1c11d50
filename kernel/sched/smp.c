/* smp.c: other CPUs: starting them, their mailboxes, shootdowns.
 * One sender at a time: the holder of the kernel lock. Receivers answer from the IPI, or from the loop in which they wait for that lock,
 * so a sender never waits for a CPU that waits for it. */
#include <lib/assert.h>
#include <lib/format.h>
#include <mm/counters.h>
#include <sched/schedule.h>

static void answer(struct cpu *cpu, uint32_t mail)
{
    if ((mail & SMP_FLUSH) != 0)
        arch_tlb_flush(&cpu->mail.space->arch, cpu->mail.va, cpu->mail.count);
    if ((mail & SMP_LEAVE) != 0 && cpu->space == cpu->mail.space) {
        arch_space_leave();
        cpu->space = nullptr;
    }
    if ((mail & SMP_FPU) != 0)
        fpu_flush(cpu);
    if ((mail & SMP_STOP) != 0)
        arch_halt();
}

void smp_poll(void)
{
    struct cpu *cpu = this_cpu();
    uint32_t mail = atomic_load_explicit(&cpu->mail.pending, memory_order_acquire);
    if (mail != 0) {
        answer(cpu, mail);
        atomic_store_explicit(&cpu->mail.pending, 0, memory_order_release);
    }
}

#define CLAIM (1ull << 32) /* a lock is claimed */
#define PATIENCE 1000u     /* turns of a loop that waits before it is */

/* An exchange took the claim away: it is put back. Returns: did somebody have the lock before? */
static bool was_held(struct spinlock *lock, uint64_t found)
{
    atomic_fetch_add_explicit(&lock->whole, found & ~(CLAIM - 1), memory_order_relaxed);
    return (uint32_t)found != 0;
}

static void pause(void)
{
    smp_poll();
    cpu_relax();
}

/* The first in line, against those who come meanwhile and need not wait; but not for ever. */
static void contend(struct spinlock *lock)
{
    unsigned patience = PATIENCE;
    do {
        do {
            pause();
            if (patience == 1)
                atomic_fetch_add_explicit(&lock->claims, 1, memory_order_relaxed);
            patience -= patience > 0;
        } while (atomic_load_explicit(&lock->held, memory_order_relaxed) != 0);
    } while (was_held(lock, spin_begin(lock)));
    if (patience == 0)
        atomic_fetch_sub_explicit(&lock->claims, 1, memory_order_relaxed);
}

void spin_wait(struct spinlock *lock, uint64_t found)
{
    if (!was_held(lock, found))
        atomic_store_explicit(&lock->held, 0, memory_order_release); /* it was free, but claimed */
    uint32_t number = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);
    while (atomic_load_explicit(&lock->served, memory_order_acquire) != number)
        pause();
    contend(lock);
    atomic_store_explicit(&lock->served, number + 1, memory_order_release);
}

static void post(struct cpu *cpu, uint32_t mail)
{
    atomic_store_explicit(&cpu->mail.pending, mail, memory_order_release);
    arch_ipi_send(cpu->number);
}

static void wait_answer(const struct cpu *cpu)
{
    while (atomic_load_explicit(&cpu->mail.pending, memory_order_acquire) != 0)
        cpu_relax();
}

void space_flush(struct space *space, uaddr_t va, size_t count)
{
    struct cpu *here = this_cpu();
    uint64_t bit = 1ull << here->number;
    counters.flushes++;
    if ((space->cpus & bit) != 0 || ARCH_TLB_BROADCAST)
        arch_tlb_flush(&space->arch, va, count);
    if (ARCH_TLB_BROADCAST)
        return;
    uint64_t asked = 0;
    for (uint64_t others = space->cpus & ~bit; others != 0; others &= others - 1) {
        struct cpu *cpu = &cpus[__builtin_ctzll(others)];
        if (cpu->space != space) {
            space->stale |= 1ull << cpu->number;
            continue;
        }
        cpu->mail.space = space;
        cpu->mail.va = va;
        cpu->mail.count = count;
        post(cpu, SMP_FLUSH);
        counters.flush_ipis++;
        asked |= 1ull << cpu->number;
    }
    for (; asked != 0; asked &= asked - 1) /* all at once, so that they answer at the same time */
        wait_answer(&cpus[__builtin_ctzll(asked)]);
}

void space_unload(struct space *space)
{
    struct cpu *here = this_cpu();
    for (unsigned i = 0; i < cpu_count; i++) {
        struct cpu *cpu = &cpus[i];
        if (cpu->space != space)
            continue;
        if (cpu == here) {
            arch_space_leave();
            cpu->space = nullptr;
        } else {
            cpu->mail.space = space;
            post(cpu, SMP_LEAVE);
            wait_answer(cpu);
        }
    }
}

void fpu_fetch(struct thread *thread)
{
    if (thread->fpu_cpu < 0)
        return;
    struct cpu *cpu = &cpus[thread->fpu_cpu];
    if (cpu == this_cpu()) {
        fpu_flush(cpu);
    } else {
        post(cpu, SMP_FPU);
        wait_answer(cpu);
    }
}

void smp_kick(unsigned cpu)
{
    arch_ipi_send(cpu);
}

void smp_stop_others(void)
{
    struct cpu *here = this_cpu();
    for (unsigned i = 0; i < cpu_count; i++)
        if (&cpus[i] != here && cpus[i].online) {
            atomic_store_explicit(&cpus[i].mail.pending, SMP_STOP, memory_order_release);
            arch_ipi_send(i);
        }
}

/* The new CPU, with interrupts off, on its own stack. */
void kernel_secondary_main(unsigned number)
{
    struct cpu *cpu = &cpus[number];
    uint8_t arrival = CPU_EXPECTED;
    if (!atomic_compare_exchange_strong(&cpu->arrival, &arrival, CPU_ARRIVED))
        arch_halt(); /* the others do without it, and without the lock if there is one other */
    arch_cpu_init(number);
    spin_lock(&kernel_lock);
    cpu->online = true;
    cpu_idle_loop();
}

void smp_start(unsigned wanted)
{
    for (unsigned i = 1; i < wanted && i < ARCH_MAX_CPUS; i++) {
        cpu_init(&cpus[i], i);
        account_open(&cpus[i].nobody); /* it idles until it is there */
        cpu_count = i + 1;
        uint8_t arrival = CPU_EXPECTED;
        if (!arch_cpu_start(i) && atomic_compare_exchange_strong(&cpus[i].arrival, &arrival, CPU_GIVEN_UP)) {
            cpu_count = i;
            log_print("cpu %u does not start\n", i);
            break;
        }
    }
    cpus[0].alone = cpu_count == 1;
}
