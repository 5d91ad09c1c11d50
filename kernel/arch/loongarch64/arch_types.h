/* arch_types.h (loongarch64): the inline part of the contract in arch/arch.h, and how this port works.
 *
 * Boot        the loader enters boot/loongarch64/start.S with translation off; boot.c reads the device tree (and fw_cfg where the tree has no
 *             memory) into `machine` and struct boot_info. The boot image lies at a fixed address.
 * Addresses   everything of the kernel is in the direct-mapped windows, so the kernel has no page tables: CACHED + physical for RAM and the
 *             image, UNCACHED + physical for device registers. Programs have the TLB to themselves. Physical page 0 stays zero: it is the
 *             empty table that absent entries lead to.
 * this_cpu()  $r21, which the ABI reserves. CSR.SAVE0 has it too, and SAVE4 the current thread.
 * Foreign     calls never reach C: entry.S compares pc with the runtime's range, which struct thread has.
 * Traps       a vector of two instructions each (ECFG.VS = 1) leads to entry.S, which fills thread->frame. The way out is ertn with PRMD as
 *             it was: user mode, interrupts on.
 * Interrupts  IPI, timer and extended I/O interrupts (all on IP0, boot CPU). The kernel takes one only in cpu_wait, which it makes return.
 * FPU         EUEN.FPE is on for the owner alone. LSX, LASX and LBT are never on: their instructions are EXCEPTION_ILLEGAL.
 * TLB         software refill (entry.S) from tables of four levels down to the cluster, and one below it where a cluster is not mapped
 *             throughout. The STLB's page size is the cluster; leaves of 16 KiB, 4 MiB and 32 MiB go into the MTLB. V is accessed, D dirty and
 *             writable: both come by fault. ASIDs by generation.
 * Time        the stable counter, also for programs (rdtime.d). */
#ifndef LOONGARCH64_ARCH_TYPES_H
#define LOONGARCH64_ARCH_TYPES_H

#include <asid/asid_types.h>
#include <radix/radix_types.h>

#define ARCH_TLB_BROADCAST 0
#define ARCH_MAX_CPUS 4
#define KERNEL_STACK_SIZE 0x4000

#define CACHED   0x9000000000000000ull
#define UNCACHED 0x8000000000000000ull
#define PHYSICAL_MASK 0x0000ffffffffffffull

struct arch_space {
    struct radix radix;
    struct asid asid;
};

struct arch_thread {
    struct { uint64_t f[32], fcc, fcsr; } fpu; /* fcc: a byte each of the eight flags */
};

#define NO_GENERATION UINT64_MAX

/* Owner: the CPU, but as noted. */
struct arch_cpu {
    uint64_t id;          /* of the hardware; fixed after boot */
    bool fpu_on;          /* EUEN.FPE */
    uint64_t generation;  /* of the ASIDs that its TLB may hold, NO_GENERATION: flush before loading another space. Kernel lock */
    uint32_t spins;       /* calls of cpu_relax */
    uaddr_t writing;      /* the last page fault was a write here that is not mapped yet, else UINT64_MAX */
};

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("move %0, $r21" : "=r"(cpu));
    return cpu;
}

typedef uint64_t arch_tick_t;
static inline uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to) { return to - from; }
static inline arch_tick_t arch_tick(void)
{
    uint64_t value;
    __asm__ volatile("rdtime.d %0, $zero" : "=r"(value));
    return value;
}

static inline void *phys_to_virt(paddr_t pa) { return (void *)(CACHED + pa); }
static inline paddr_t virt_to_phys(const void *p) { return (uint64_t)p & PHYSICAL_MASK; }
void cpu_relax(void);

#define arch_frame_pointer() ((uintptr_t)__builtin_frame_address(0))

#endif
