/* arch_types.h (aarch64): the inline part of the contract in arch/arch.h, and how this port works.
 *
 * Boot        boot/aarch64/start.S is entered by the Linux boot protocol (flat image, x0 = device tree) at EL1, or at EL2 and drops to
 *             EL1. boot.c reads the device tree into `machine` and struct boot_info, while 1 GiB blocks map RAM. arch_cpu_init of the boot
 *             CPU makes the final kernel tables (space.c).
 * Addresses   4 KiB granule, 39 bits in each half: three levels. TTBR1: RAM at DIRECT_MAP + physical, device registers at DEVICE_WINDOW +
 *             physical, the image at KERNEL_BASE, stacks of other CPUs with guard pages at STACK_WINDOW. TTBR0: the program's, with its
 *             ASID; an empty table while none is loaded. PAN where there.
 * this_cpu()  TPIDR_EL1. In user mode SP_EL1 = the current thread's frame. TPIDRRO_EL0 = the thread page; TPIDR_EL0 is the program's:
 *             FRAME_TLS, live in the register while it runs.
 * Foreign     calls never reach C: entry.S compares pc with the runtime's range, which struct thread has.
 * Interrupts  GIC version 2 or 3: SGI 0 for IPIs, shared lines to the boot CPU; numbers are the GIC's. The virtual timer. arch_idle takes
 *             interrupts by asking the controller, so the kernel never traps on purpose.
 * FPU         CPACR_EL1.FPEN; the first use traps. SVE, SME and pointer authentication are not switched on.
 * TLB         ASIDs (arch/asid); invalidation reaches all CPUs. Contiguous hint for 64 KiB. Accessed and dirty bits by hardware where
 *             it does, else by fault.
 * Time        CNTVCT_EL0 since reset, also for programs. */
#ifndef AARCH64_ARCH_TYPES_H
#define AARCH64_ARCH_TYPES_H

#include <arch/asid/asid_types.h>
#include <arch/radix/radix_types.h>

#define ARCH_TLB_BROADCAST 1
#define ARCH_MAX_CPUS 8
#define KERNEL_STACK_SIZE 0x4000

/* Functions that entry.S calls with all of the thread's registers saved: first arguments in x20 and x21, no register to preserve. */
#define TRAP_CALL __attribute__((preserve_none))

#define DIRECT_MAP    0xffffff8000000000ull
#define DIRECT_MAP_LIMIT 0x4000000000ull /* physical addresses from here on are not reached */
#define DEVICE_WINDOW 0xffffffc000000000ull
#define DEVICE_LIMIT  0x3f80000000ull
#define KERNEL_BASE   0xffffffff80000000ull
#define STACK_WINDOW  0xffffffffa0000000ull

struct arch_space {
    struct radix radix;
    struct asid asid;
    uint64_t ttbr; /* ASID, root */
};

struct arch_thread {
    alignas(16) uint64_t v[64];
    uint64_t fpsr, fpcr;
};

struct arch_cpu {
    uint64_t affinity; /* MPIDR_EL1's; fixed after boot */
};

extern uint64_t kernel_image_offset; /* virtual minus physical address of the image; fixed at boot */

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("mrs %0, tpidr_el1" : "=r"(cpu));
    return cpu;
}

typedef uint64_t arch_tick_t;
static inline uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to) { return to - from; }
static inline arch_tick_t arch_tick(void)
{
    uint64_t value;
    __asm__ volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
}

static inline void *phys_to_virt(paddr_t pa) { return (void *)(DIRECT_MAP + pa); }

static inline paddr_t virt_to_phys(const void *p)
{
    return (uint64_t)p - ((uint64_t)p >= KERNEL_BASE ? kernel_image_offset : DIRECT_MAP);
}

static inline void cpu_relax(void) { __asm__ volatile("yield" ::: "memory"); }

#define ARCH_STRING 1 /* string.S */
void arch_copy(void *to, const void *from, size_t length);
void arch_fill(void *to, int byte, size_t length);

#define arch_frame_pointer() ((uintptr_t)__builtin_frame_address(0))

#endif
