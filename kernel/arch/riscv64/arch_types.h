/* arch_types.h (riscv64): the inline part of the contract in arch/arch.h, and how this port works.
 *
 * Boot        OpenSBI enters boot/riscv64/start.S in S-mode with the MMU off; boot.c reads the device tree into `machine` and struct
 *             boot_info, while 1 GiB pages map RAM. arch_cpu_init of the boot CPU makes the final kernel tables (space.c).
 * Addresses   Sv39. The kernel image is linked at KERNEL_BASE + 2 MiB, RAM and device registers are at DIRECT_MAP + physical, stacks of
 *             other CPUs with guard pages at STACK_WINDOW. Spaces copy the upper half of the kernel's root, which is fixed after boot.
 * this_cpu()  tp. In user mode sscratch = the current thread, in the kernel 0: so a trap sees where it came from.
 * Traps       entry.S fills thread->frame. frame.status is what sstatus becomes on return; only its FS field varies.
 * Foreign     calls never reach C: entry.S compares pc with the runtime's range, which struct thread has.
 * Interrupts  SBI or stimecmp timer, SBI IPIs, PLIC to the boot CPU. A line is masked between its claim and its completion, which
 *             arch_irq_unmask does. arch_idle takes interrupts by looking at sip, so the kernel never traps on purpose.
 * FPU         sstatus.FS of the thread is off or dirty; the first use traps as illegal instruction.
 * TLB         ASIDs (arch/asid). Svnapot for 64 KiB where it is. Accessed and dirty bits by hardware, or by fault.
 * Time        rdtime since reset, also for programs. */
#ifndef RISCV64_ARCH_TYPES_H
#define RISCV64_ARCH_TYPES_H

#include <arch/asid/asid_types.h>
#include <arch/radix/radix_types.h>

#define ARCH_TLB_BROADCAST 0
#define ARCH_MAX_CPUS 8
#define KERNEL_STACK_SIZE 0x4000

#define DIRECT_MAP   0xffffffc000000000ull
#define DIRECT_MAP_LIMIT 0x3f00000000ull /* physical addresses from here on are not reached */
#define KERNEL_BASE  0xffffffff80000000ull
#define STACK_WINDOW 0xffffffffa0000000ull

struct arch_space {
    struct radix radix;
    struct asid asid;
    uint64_t satp;         /* mode, ASID, root */
    uint64_t stale_icache; /* bit per CPU: fence.i when the space is loaded there */
};

struct arch_thread {
    struct cpu *cpu; /* that runs it: entry.S looks here */
    struct { uint64_t f[32], fcsr; } fpu;
};

#define NO_GENERATION UINT64_MAX

struct arch_cpu {
    uint64_t hart;        /* fixed after boot */
    uint64_t generation;  /* of the ASIDs that its TLB may hold, NO_GENERATION: flush before loading another space */
    uint32_t relaxed;     /* times in cpu_relax */
    _Atomic bool ipi;     /* one was sent and not taken yet */
};

extern uint64_t kernel_image_offset; /* virtual minus physical address of the image; fixed at boot */

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("mv %0, tp" : "=r"(cpu));
    return cpu;
}

typedef uint64_t arch_tick_t;
static inline uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to) { return to - from; }
static inline arch_tick_t arch_tick(void)
{
    uint64_t value;
    __asm__ volatile("csrr %0, time" : "=r"(value));
    return value;
}

static inline void *phys_to_virt(paddr_t pa) { return (void *)(DIRECT_MAP + pa); }

static inline paddr_t virt_to_phys(const void *p)
{
    return (uint64_t)p - ((uint64_t)p >= KERNEL_BASE ? kernel_image_offset : DIRECT_MAP);
}

void cpu_relax(void);

#define arch_frame_pointer() ((uintptr_t)__builtin_frame_address(0))

#endif
