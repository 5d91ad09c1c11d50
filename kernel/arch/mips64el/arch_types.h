/* arch_types.h (mips64el): the inline part of the contract in arch/arch.h, and how this port works. MIPS64 release 2 with execute inhibit,
 * scratch registers, UserLocal and TLBINV (the Loongson 3A4000 has all).
 *
 * Boot        boot/mips64el/start.S, entered in CKSEG0 by one CPU or by all; boot.c finds out which board it is and fills struct boot_info.
 *             A board is a struct board (board.h): interrupt controller, IPIs, clock, power.
 * Addresses   the image in CKSEG0 (-msym32), RAM at CACHED + physical (XKPHYS), device registers at UNCACHED + physical: the kernel has no
 *             page tables. Programs have the TLB to themselves.
 * this_cpu()  $28. KScratch1 has it too, KScratch2 the root of the page tables, KScratch3 the current thread.
 * Foreign     calls never reach C: entry.S compares pc with the runtime's range, which struct thread has.
 * Traps       entry.S fills thread->frame; frame.status is what Status becomes before eret (EXL set); only CU1 varies.
 * Interrupts  timer, board and IPI pins. The kernel takes one only in cpu_wait, which it makes return.
 * IPIs        where the board has none, each CPU looks at its mail at least every POLL_NS: see interrupt.c.
 * FPU         Status.CU1 is on for the owner alone, FR always. MSA is never on.
 * TLB         software refill (entry.S) from tables of three levels down to the largest page size that a cluster can be made of (4, 16, 64 or
 *             256 KiB), and one below it for what is not mapped in such leaves; 2 MiB above it. PageMask is that of leaves. V is accessed, D
 *             dirty and writable: both come by fault. ASIDs by generation.
 * Time        Count, of 32 bits, extended by each CPU; programs read it with rdhwr. */
#ifndef MIPS64EL_ARCH_TYPES_H
#define MIPS64EL_ARCH_TYPES_H

#include <asid/asid_types.h>
#include <radix/radix_types.h>

#define ARCH_TLB_BROADCAST 0
#define ARCH_MAX_CPUS 8
#define ARCH_HAS_IOPORTS 1
#define KERNEL_STACK_SIZE 0x4000

#define CACHED   0x9800000000000000ull
#define UNCACHED 0x9000000000000000ull
#define KERNEL_BASE 0xffffffff80000000ull
#define PHYSICAL_MASK 0x0000ffffffffffffull

struct arch_space {
    struct radix radix;
    struct asid asid;
};

struct arch_thread {
    struct { uint64_t f[32], fcsr; } fpu;
};

#define NO_GENERATION UINT64_MAX

/* Owner: the CPU, but as noted. */
struct arch_cpu {
    uint64_t generation;  /* of the ASIDs that its TLB may hold, NO_GENERATION: flush before loading another space. Kernel lock */
    bool waiting;         /* in cpu_wait */
    uaddr_t writing;      /* the last page fault was a write here that is not mapped yet, else UINT64_MAX */
    uint64_t count;       /* Count, extended to 64 bits, when it was last read */
    uint64_t deadline_ns; /* of the timer; UINT64_MAX: off */
    uint64_t told;        /* count when trap_timer was called last */
    _Atomic bool mail;    /* an IPI was sent: only where the board has none */
    uint32_t spins;       /* calls of cpu_relax */
};

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("move %0, $28" : "=r"(cpu));
    return cpu;
}

/* Count: times of which the timer tells before half of its bits have passed. */
typedef int32_t arch_tick_t;
static inline uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to) { return (uint64_t)(int32_t)((uint32_t)to - (uint32_t)from); }
static inline arch_tick_t arch_tick(void)
{
    int32_t value;
    __asm__ volatile("mfc0 %0, $9" : "=r"(value));
    return value;
}

static inline void *phys_to_virt(paddr_t pa) { return (void *)(CACHED + pa); }
static inline paddr_t virt_to_phys(const void *p)
{
    return (uint64_t)p >= KERNEL_BASE ? (uint64_t)p - KERNEL_BASE : (uint64_t)p & PHYSICAL_MASK;
}
void cpu_relax(void);

#define arch_frame_pointer() ((uintptr_t)__builtin_frame_address(0))

#endif
