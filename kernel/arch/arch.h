/* arch.h: the whole contract of a port. Each kernel/arch/<isa>/ provides
 *   arch_types.h  the inline functions and constants marked [types] below,
 *   *.c *.S       the other functions; a missing one is a link error,
 *   kernel.ld port.mk
 * and abi/arch/<isa>/frame.h gives struct frame, shared with programs.
 *
 * Execution model: one kernel stack per CPU. Interrupts are off whenever kernel code runs (but inside arch_idle). A trap from user mode
 *   1. saves all user registers into this_cpu()->current->frame (the first member of struct thread, see sched/thread.h),
 *   2. takes the CPU's kernel stack from its top and calls one of the trap_* functions of kernel/trap.h (portable),
 *   3. when that returns, restores the frame of this_cpu()->current, which may be another thread now, and returns to user mode.
 * Everything but registers that a thread's user mode needs (address space, TLS, FPU access) was switched by arch_thread_switch.
 * The kernel never touches user virtual addresses: it reaches user memory through the direct map (phys_to_virt), so a port needs no
 * fault fix-ups; a trap from kernel mode other than an interrupt inside arch_idle is a panic with a stack trace.
 */
#ifndef KERNEL_ARCH_H
#define KERNEL_ARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <status.h>
#include <types.h>
#include <frame.h>
#include <lib/ratio.h>

typedef uint64_t paddr_t; /* a physical address */

#define MP_SHIFT PAGE_SHIFT
#define MP_SIZE (1ull << MP_SHIFT) /* the MMU page: ABI page size */

struct thread;
struct cpu;

/* --- arch_types.h [types] ------------------------------------------------------------------------------------------------------
 *   struct cpu *this_cpu(void);                     the CPU's own structure (register or scratch register based)
 *   void *phys_to_virt(paddr_t pa);                 direct map of all RAM, cached
 *   paddr_t virt_to_phys(const void *p);            of a direct-map or kernel-image address
 *   void cpu_relax(void);                           inside spin loops
 *   arch_tick_t arch_tick(void)                     a counter of this CPU, for accounts of time
 *   uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to)   of two readings, negative if `from` is the later one. A counter that
 *                                                   wraps has to have a trap_timer before it gets too far
 *   struct arch_space { ... };                      page table root, ASID state; embedded in struct space
 *   struct arch_thread { ... };                     what is saved besides the frame: FPU state (aligned), nothing else if possible;
 *                                                   embedded in struct thread
 *   #define ARCH_TLB_BROADCAST 0 or 1               1: arch_tlb_flush reaches all CPUs by hardware
 *   #define ARCH_MAX_CPUS 8 (or 4)
 *   #define KERNEL_STACK_SIZE                       per CPU, e.g. 16 KiB
 */
#include <arch_types.h>

#ifndef ARCH_HAS_IOPORTS
#define ARCH_HAS_IOPORTS 0 /* 1 where arch_ioport_read and arch_ioport_write do something */
#endif

/* --- CPUs ------------------------------------------------------------------------------------------------------------------------ */
/* Boot: boot/<isa>/ enters on one CPU, sets up a stack, the direct map and the kernel mapping, fills struct boot_info
 * (boot/boot_info.h) and calls kernel_main(&info). `cpus[0]` is the structure of the boot CPU, valid for this_cpu() by then. */

/* Set up traps, FPU off, interrupt controller and timer of the calling CPU. Called on each CPU, the boot CPU first, after the
 * allocator works. */
void arch_cpu_init(unsigned cpu);
/* Start CPU number `cpu` (1..): it must reach kernel_secondary_main(cpu) on its own stack with this_cpu() valid. Returns false when it
 * does not exist or does not start. */
bool arch_cpu_start(unsigned cpu);
/* Send an IPI: the target runs trap_ipi() (or, if it spins on the kernel lock, polls its mailbox). */
void arch_ipi_send(unsigned cpu);
/* Wait, with nothing to run, until an interrupt is pending; handle it (calls trap_interrupt/trap_timer/trap_ipi as from user mode, but
 * on the running kernel stack); return with interrupts off. Does not wait when arch_interrupt_pending() says yes. Requires: interrupts off,
 * no lock held. May return spuriously. */
void arch_idle(void);
/* Is an interrupt pending for this CPU? Long operations ask between their steps. */
bool arch_interrupt_pending(void);
/* Leave the kernel for the first time on this CPU: restore this_cpu()->current->frame from the top of the kernel stack. */
[[noreturn]] void arch_return_to_user(void);
/* Run fn on this CPU's kernel stack from its top: abandons all frames below (the scheduler uses it to idle). */
[[noreturn]] void arch_call_on_stack_top(void (*fn)(void));
[[noreturn]] void arch_halt(void); /* stop this CPU for good, interrupts off */

/* --- threads --------------------------------------------------------------------------------------------------------------------- */
/* Make `frame` a fresh user frame: all registers zero, pc, sp, first argument; user mode, interrupts on, FPU off. */
void arch_frame_init(struct frame *frame, uaddr_t pc, uaddr_t sp, uint64_t argument);
/* `frame` was filled by a user program: force everything that could raise privilege or confuse the kernel (status bits, non-canonical
 * pc) to a safe user value. */
void arch_frame_sanitize(struct frame *frame);
/* The current CPU goes from running `from` (NULL at first, or dead) to `to`: save and load what is not in the trap path (TLS register
 * if user-writable: into/from frame.FRAME_TLS; FPU access off unless `to` owns this CPU's FPU), and the address space if it differs.
 * The runtime finds its thread page through a register where the machine has a spare one: x86-64 GS base, aarch64 TPIDRRO_EL0
 * (thread->thread_page_address); on riscv64 and mips64el nothing; on loongarch64 nothing ($r21 is the program's own affair). */
void arch_thread_switch(struct thread *from, struct thread *to);
/* The current CPU stops running `from` and runs nothing: save what arch_thread_switch would. */
void arch_thread_leave(struct thread *from);
/* switch.h [inline], for kernel/ipc/fast.c: the same in parts, of which none may call anything.
 *   bool switch_space_ready(const struct cpu *, const struct arch_space *to);   may switch_space be used for it, as it is?
 *   void switch_space(struct cpu *, struct arch_space *to);                     the address space
 *   void switch_fast(struct cpu *, struct thread *from, struct thread *to);                 all the rest
 * There both threads came in by system calls. And for arch/asid/switch.c, which has arch_thread_switch for machines whose spaces have numbers:
 *   void switch_general(struct cpu *, struct thread *to);                       what it does besides
 *   void space_make_ready(struct cpu *, struct arch_space *to);                 [function] give it a number, flush what must be */
/* FPU, lazily owned: user mode starts with it off; its first use traps and the port calls trap_fpu(). trap_fpu (portable) decides and
 * calls these. State lives in thread->arch. */
void arch_fpu_enable(bool on);                 /* for the thread that runs next in user mode on this CPU */
void arch_fpu_save(struct thread *thread);     /* registers -> thread->arch; FPU must be accessible to the kernel meanwhile */
void arch_fpu_restore(struct thread *thread);  /* thread->arch -> registers */
void arch_fpu_init(struct thread *thread);     /* initial state (as the Linux ABI starts programs: rounding to nearest, all masked) */
/* Make `value` the TLS register of the thread that runs now (its frame.FRAME_TLS was set already); nothing where that is part of the frame. */
void arch_tls_load(uint64_t value);

/* --- time, interrupts, console, power ---------------------------------------------------------------------------------------------- */
uint64_t arch_time_ns(void);                   /* since boot, monotonic, the same on all CPUs (within 10 us) */
uint64_t arch_ticks_ns(uint64_t ticks);        /* how long that many of arch_tick take */
/* The counter that programs can read, as a clock: arch_time_ns() = ns_per_tick * (counter - start). */
struct user_clock {
    uint64_t     start;
    struct ratio ns_per_tick; /* 0: they can read none */
};
struct user_clock arch_user_clock(void);
uint64_t arch_cycles_hz(void);                 /* frequency of the counter that user programs can read, 0 if there is none */
void arch_timer_set(uint64_t deadline_ns);     /* one shot on this CPU -> trap_timer(); past = at once; UINT64_MAX = off */
uint64_t arch_wall_clock(void);                /* seconds since 1970 from the RTC, 0 if there is none */
unsigned arch_irq_count(void);                 /* lines are 0 .. count-1, the numbers of ACPI/FDT for the controller */
/* Lines without a wire, which devices raise by writing data to an address: [first, end); first == end: the machine has none. */
struct arch_message { paddr_t address; uint32_t data; };
struct arch_message_lines { unsigned first, end; } arch_message_lines(void);
struct arch_message arch_message_of(unsigned irq);
void arch_irq_mask(unsigned irq);              /* device interrupts arrive as trap_interrupt(irq), on the boot CPU */
void arch_irq_unmask(unsigned irq);
bool arch_ioport_read(unsigned port, unsigned width, uint64_t *value); /* false: the machine has no I/O ports */
bool arch_ioport_write(unsigned port, unsigned width, uint64_t value);
void arch_console_write(const char *text, size_t length); /* polled debug UART; usable from early boot and in panic */
[[noreturn]] void arch_power_off(void);
[[noreturn]] void arch_restart(void);
/* Stack trace: from a frame pointer to the caller's; false at the end or when the pointers make no sense. */
bool arch_stack_next(uintptr_t *frame_pointer, uintptr_t *return_address);
/* arch_frame_pointer() [types, macro]: uintptr_t, frame pointer of the calling function */

/* --- address translation ----------------------------------------------------------------------------------------------------------- */
/* Page tables are a cache of (regions, objects): tables come from mp_alloc (mm/carve.h: one MP each, zeroed) and are freed with
 * mp_free. All calls are made with the space's lock held (today: the kernel lock). No call flushes a TLB unless it says so: mm calls
 * arch_tlb_flush afterwards. `count` is in MPs; va and pa are MP aligned.
 * prot = PROT_BIT_*, cache = enum cache_mode. */
struct ledger;
/* Tables are charged to the ledger. Whatever returns false below lacked a table: arch_refusal tells which status that is. */
bool arch_space_init(struct arch_space *space, struct ledger *ledger);
enum status arch_refusal(const struct arch_space *space); /* NO_MEMORY, LEDGER_SPENT */
/* Free up to `steps` tables; true when all are. The space is not active on any CPU. */
bool arch_space_destroy_some(struct arch_space *space, unsigned steps);
/* Map [va, va+count) to pa.. (contiguous). Entries that are present are overwritten. Uses the largest leaf or hint that va, pa and count
 * allow. All or nothing: false = no memory for a table, nothing changed. */
bool arch_map(struct arch_space *space, uaddr_t va, paddr_t pa, size_t count, unsigned prot, unsigned cache);
/* Remove entries; large leaves that straddle an edge are split first. Returns false (nothing changed) when a split needs memory that is
 * not there. Ranges with no tables are skipped in big steps. */
bool arch_unmap(struct arch_space *space, uaddr_t va, size_t count);
/* Set the protection of entries that are present (absent ones stay absent). As arch_unmap about splits. */
bool arch_protect(struct arch_space *space, uaddr_t va, size_t count, unsigned prot);
/* log2 of the sizes of leaves above the largest cluster, from the smallest on, n below ARCH_LEAVES; 0: there are no more. */
#define ARCH_LEAVES 2u
unsigned arch_leaf_shift(unsigned n);
/* What is mapped at va: false if nothing. prot as granted now. accessed/dirty from hardware or refill. */
struct arch_mapping { paddr_t pa; size_t size; unsigned prot; bool accessed, dirty; };
bool arch_query(struct arch_space *space, uaddr_t va, struct arch_mapping *mapping);
/* The same for copies: where va is mapped with that access, and how many bytes from it on, up to `length`, are so too and follow each other
 * in memory; perhaps a few less than there are. 0: not so mapped. */
size_t arch_find(struct arch_space *space, uaddr_t va, size_t length, unsigned access, paddr_t *pa);
/* Add up, by log2 of their size less 12, the bytes that leaves and hints translate from va on, up to `end` or for `steps` entries. Returns: how
 * far it came. */
uaddr_t arch_count_mappings(const struct arch_space *space, uaddr_t va, uaddr_t end, unsigned steps, unsigned long long *bytes);
size_t arch_space_table_bytes(const struct arch_space *space);
/* Forget translations of [va, va+count) of this space on this CPU (all CPUs if ARCH_TLB_BROADCAST); count SIZE_MAX: the whole space.
 * The portable part sends IPIs to the other CPUs that ran the space since, which call this too. */
void arch_tlb_flush(struct arch_space *space, uaddr_t va, size_t count);
/* The space is about to be destroyed or left: make sure this CPU does not use it (load the kernel-only root if needed). */
void arch_space_leave(void);

/* Checks of a debug build that only the port can make (page-table uniformity and the like). Called after changes in debug kernels. */
void arch_space_check(struct arch_space *space);

#endif
