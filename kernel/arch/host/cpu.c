/* cpu.c (host): RAM, and what there is no hardware for. */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS */
#include <host.h>
#include <lib/assert.h>
#include <arch/radix/radix.h>
#include <mm/space.h>
#include <object/work.h>
#include <sched/cpu.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

uintptr_t host_ram;
unsigned host_this_cpu;
uint64_t host_time_ns;
bool host_interrupt_pending;
char host_console[4096];
struct boot_info host_boot_info;

static bool pairs_chosen;

/* --- RAM --------------------------------------------------------------------------------------------------------------------------------- */

static void make_arena(void)
{
    const uintptr_t align = 4ull << 20; /* slabs find their header, tests their superpages, by alignment */
    void *arena = mmap(NULL, HOST_RAM_MOST + align, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (arena == MAP_FAILED)
        abort();
    host_ram = (((uintptr_t)arena + align - 1) & ~(align - 1)) - HOST_RAM_START;
}

void host_boot(unsigned cluster_shift_wanted, const uint64_t *sizes, unsigned count, uint64_t gap)
{
    if (!host_ram)
        make_arena();
    host_fail_after(0, false);
    host_pairs = pairs_chosen;
    pairs_chosen = false;
    memset(&host_boot_info, 0, sizeof host_boot_info);
    host_boot_info.cpu_count = 1;
    paddr_t at = HOST_RAM_START;
    for (unsigned i = 0; i < count; i++) {
        host_boot_info.ram[host_boot_info.ram_count++] = (struct boot_range){at, at + sizes[i]};
        memset(phys_to_virt(at), 0xa5, sizes[i]);
        at += sizes[i] + gap;
    }
    ASSERT(at - HOST_RAM_START <= HOST_RAM_MOST, "a test's RAM fits the arena");
    mm_init(&host_boot_info, cluster_shift_wanted);
}

void host_choose_pairs(void) { pairs_chosen = true; }

void host_boot_simple(unsigned cluster_shift_wanted, uint64_t size)
{
    host_boot(cluster_shift_wanted, &size, 1, 0);
}

void host_work(void)
{
    while (work_some(64)) {
    }
}

/* --- failures ------------------------------------------------------------------------------------------------------------------------------- */

static uint64_t fail_at, allocations;
static bool fail_sticky;

void host_fail_after(uint64_t n, bool sticky)
{
    fail_at = n;
    fail_sticky = sticky;
    allocations = 0;
}

uint64_t host_allocations(void) { return allocations; }

bool inject_failure(void)
{
    allocations++;
    return fail_at && (fail_sticky ? allocations >= fail_at : allocations == fail_at);
}

/* --- CPUs, threads ------------------------------------------------------------------------------------------------------------------------------ */

struct cpu *host_cpu(unsigned number) { return &cpus[number]; }
void arch_cpu_init(unsigned) {}
bool arch_cpu_start(unsigned) { return false; }
void arch_ipi_send(unsigned cpu) { cpus[cpu].arch.ipis++; }
void arch_idle(void) {}
bool arch_interrupt_pending(void) { return host_interrupt_pending; }
void arch_return_to_user(void) { abort(); }
void arch_call_on_stack_top(void (*)(void)) { abort(); }
void arch_halt(void)
{
    fflush(stdout);
    abort();
}

void arch_frame_init(struct frame *frame, uaddr_t pc, uaddr_t sp, uint64_t argument)
{
    *frame = (struct frame){.pc = pc, .sp = sp, .FRAME_ARGUMENT = argument};
}
void arch_frame_sanitize(struct frame *) {}
void arch_thread_switch(struct thread *, struct thread *to) { this_cpu()->space = to->task ? &to->task->space : NULL; }
void arch_thread_leave(struct thread *) {}
void arch_tls_load(uint64_t) {}
void arch_fpu_enable(bool) {}
void arch_fpu_save(struct thread *) {}
void arch_fpu_restore(struct thread *) {}
void arch_fpu_init(struct thread *thread) { thread->arch.fpu = 0; }

/* --- devices -------------------------------------------------------------------------------------------------------------------------------------- */

uint64_t arch_time_ns(void) { return host_time_ns; }
uint64_t arch_ticks_ns(uint64_t ticks) { return ticks; }
struct user_clock arch_user_clock(void) { return (struct user_clock){}; }
uint64_t arch_cycles_hz(void) { return 0; }
void arch_timer_set(uint64_t deadline_ns) { this_cpu()->arch.deadline_ns = deadline_ns; }
uint64_t arch_wall_clock(void) { return 0; }
unsigned arch_irq_count(void) { return 32; }
struct arch_message_lines arch_message_lines(void) { return (struct arch_message_lines){32, 34}; }
struct arch_message arch_message_of(unsigned irq) { return (struct arch_message){0x1000, irq}; }
void arch_irq_mask(unsigned) {}
void arch_irq_unmask(unsigned) {}
bool arch_ioport_read(unsigned, unsigned, uint64_t *) { return false; }
bool arch_ioport_write(unsigned, unsigned, uint64_t) { return false; }
void arch_console_write(const char *text, size_t length)
{
    if (length >= sizeof host_console)
        length = sizeof host_console - 1;
    memcpy(host_console, text, length);
    host_console[length] = 0;
    fwrite(text, 1, length, stdout);
}
void arch_power_off(void) { abort(); }
void arch_restart(void) { abort(); }
bool arch_stack_next(uintptr_t *, uintptr_t *) { return false; }
