/* arch_types.h (x86-64): the inline part of the contract in arch/arch.h, and how this port works.
 *
 * Boot        PVH: QEMU -kernel enters boot/x86_64/start.S in 32-bit mode; boot/x86_64/boot.c builds the kernel's page tables, reads ACPI
 *             and fills struct boot_info. Other CPUs come through smp.c and trampoline.S.
 * Addresses   the kernel image at KERNEL_BASE + physical (-mcmodel=kernel), all RAM and device registers at DIRECT_MAP + physical, stacks
 *             with guard pages at STACK_WINDOW. User spaces copy the upper half of the kernel's top table, which is fixed after boot.
 *             Text is read-only, everything else not executable; SMEP, SMAP, UMIP where there.
 * this_cpu()  GS base = struct cpu, whose scratch[0] points to itself. In user mode GS base = the thread page (KERNEL_GS_BASE, swapgs);
 *             a program that changes it loses its runtime. FS base is the program's: FRAME_TLS, live in the register while it runs.
 * Foreign     calls never reach C: entry.S compares rip with the runtime's range, which struct thread has, notes rip and rflags in the
 *             thread page and goes to the runtime's call entry.
 * TLB         where there are process-context identifiers each space keeps one for life (arch/pcid), and a switch forgets nothing; other
 *             CPUs that had the space, but do not run it, flush its number when they load it next (space.stale). Without: a switch
 *             forgets the space that is left.
 * Traps       entry.S: `syscall` and the IDT fill thread->frame. frame.error is 0 after a system call and then the way back is sysret,
 *             which gives rcx = rip and r11 = rflags; otherwise it is FRAME_BY_INTERRUPT and more, and the way back is iret.
 *             Exceptions of user mode: #DE DIVIDE, #DB STEP, #BP BREAKPOINT, #UD ILLEGAL, #MF #XM FLOAT, #AC ALIGNMENT; #GP #SS #NP
 *             PAGE_FAULT with address 0 (privileged instructions and non-canonical addresses: SIGSEGV elsewhere); the rest OTHER.
 * Vectors     0..31 exceptions, then those of vectors.h: timer, IPI and all lines fit one register of the local APIC's request bits.
 * FPU         lazy by CR0.TS; XSAVE area of x87, SSE and AVX state (AVX-512 and protection keys are not switched on).
 * Time        TSC, calibrated by CPUID, HPET, the ACPI timer or the PIT, the first that is there; local APIC timer, one shot.
 * Offsets     assembly uses offsets.h, asserted in trap.c. */
#ifndef X86_64_ARCH_TYPES_H
#define X86_64_ARCH_TYPES_H

#include <radix/radix_types.h>

#define ARCH_TLB_BROADCAST 0
#define ARCH_MAX_CPUS 8
#define ARCH_HAS_IOPORTS 1
#define KERNEL_STACK_SIZE 0x4000

/* Functions that entry.S calls with all of the thread's registers saved: first arguments in r12 and r13, no register to preserve. */
#define TRAP_CALL __attribute__((preserve_none))

#define KERNEL_BASE  0xffffffff80000000ull
#define STACK_WINDOW 0xffffffffc0000000ull
#define DIRECT_MAP   0xffff800000000000ull

#define ARCH_FPU_BYTES 832 /* XSAVE, standard form: legacy area 512, header 64, AVX 256 */

struct arch_space {
    struct radix radix;
    uint64_t cr3; /* its root and number; CR3_KEEP where it has a number of its own */
};

struct arch_thread {
    uint8_t fpu[ARCH_FPU_BYTES + 64]; /* the area begins at the first multiple of 64 */
};

struct arch_tss {
    uint32_t reserved0;
    uint32_t rsp0_low, rsp0_high; /* unaligned 64-bit fields, in halves */
    uint32_t rsp1_rsp2[4];
    uint32_t reserved1[2];
    uint32_t ist[14];
    uint32_t reserved2[2];
    uint16_t reserved3, io_map;
};

/* Owner: the CPU, fixed after its start, but as noted. */
struct arch_cpu {
    struct arch_tss tss;
    uint64_t gdt[8];
    uint32_t apic_id;
    bool fpu_on;          /* CR0.TS is clear */
    _Atomic bool started; /* set by the CPU when it has left the trampoline */
    uint64_t deadline_ns; /* of the local timer, UINT64_MAX: off */
};

static inline struct cpu *this_cpu(void)
{
    struct cpu *cpu;
    __asm__("mov %%gs:16, %0" : "=r"(cpu));
    return cpu;
}

typedef uint64_t arch_tick_t;
static inline uint64_t arch_ticks_between(arch_tick_t from, arch_tick_t to) { return to - from; }
static inline arch_tick_t arch_tick(void) { return __builtin_ia32_rdtsc(); }

static inline void *phys_to_virt(paddr_t pa) { return (void *)(DIRECT_MAP + pa); }

static inline paddr_t virt_to_phys(const void *p)
{
    return (uint64_t)p >= KERNEL_BASE ? (uint64_t)p - KERNEL_BASE : (uint64_t)p - DIRECT_MAP;
}

static inline void cpu_relax(void) { __asm__ volatile("pause" ::: "memory"); }

/* For lib/string.c: what is worth them goes by the string instructions. */
#define ARCH_STRING 1
static inline void arch_copy(void *to, const void *from, size_t length)
{
    size_t words = length / 8, rest = length % 8;
    __asm__ volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) : : "memory");
    if (rest != 0)
        __asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(rest) : : "memory");
}
static inline void arch_fill(void *to, int byte, size_t length)
{
    uint64_t pattern = (unsigned char)byte * 0x0101010101010101ull;
    size_t words = length / 8, rest = length % 8;
    __asm__ volatile("rep stosq" : "+D"(to), "+c"(words) : "a"(pattern) : "memory");
    if (rest != 0)
        __asm__ volatile("rep stosb" : "+D"(to), "+c"(rest) : "a"(pattern) : "memory");
}

#define arch_frame_pointer() ((uintptr_t)__builtin_frame_address(0))

#endif
