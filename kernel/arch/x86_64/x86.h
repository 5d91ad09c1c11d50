/* x86.h: registers and instructions that C does not know, and what the files of this port tell each other. */
#ifndef X86_64_X86_H
#define X86_64_X86_H

#include <sched/cpu.h>

#define MSR_PAT 0x277
#define MSR_APIC_BASE 0x1b
#define MSR_EFER 0xc0000080
#define MSR_STAR 0xc0000081
#define MSR_LSTAR 0xc0000082
#define MSR_SFMASK 0xc0000084
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101
#define MSR_KERNEL_GS_BASE 0xc0000102

#define EFER_SCE (1u << 0)
#define EFER_LME (1u << 8)
#define EFER_NXE (1u << 11)

#define CR0_PE (1u << 0)
#define CR0_MP (1u << 1)
#define CR0_TS (1u << 3)
#define CR0_NE (1u << 5)
#define CR0_WP (1u << 16)
#define CR0_AM (1u << 18)
#define CR0_PG (1u << 31)
#define CR3_NUMBER 0xfffu    /* process-context identifier */
#define CR3_KEEP (1ull << 63) /* what the TLB holds under it stays */
#define CR4_PAE (1u << 5)
#define CR4_PGE (1u << 7)
#define CR4_OSFXSR (1u << 9)
#define CR4_OSXMMEXCPT (1u << 10)
#define CR4_UMIP (1u << 11)
#define CR4_FSGSBASE (1u << 16)
#define CR4_PCIDE (1u << 17)
#define CR4_OSXSAVE (1u << 18)
#define CR4_SMEP (1u << 20)
#define CR4_SMAP (1u << 21)

#define FLAG_CARRY (1u << 0)
#define FLAG_ONE (1u << 1)
#define FLAG_STEP (1u << 8)
#define FLAG_INTERRUPTS (1u << 9)
#define FLAG_DIRECTION (1u << 10)
#define FLAG_NESTED (1u << 14)
#define FLAG_RESUME (1u << 16)
#define FLAG_ALIGNMENT (1u << 18)
#define FLAGS_OF_USER 0x250dd5u /* CF PF AF ZF SF TF DF OF RF AC ID */

struct cpuid { uint32_t eax, ebx, ecx, edx; };

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
    return r;
}
static inline uint64_t rdmsr(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}
static inline void wrmsr(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" : : "c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32)) : "memory");
}
static inline uint64_t rdtsc(void)
{
    uint32_t low, high;
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
#define X86_CONTROL_REGISTER(n) \
    static inline uint64_t read_cr##n(void) { uint64_t v; __asm__ volatile("mov %%cr" #n ", %0" : "=r"(v)); return v; } \
    static inline void write_cr##n(uint64_t v) { __asm__ volatile("mov %0, %%cr" #n : : "r"(v) : "memory"); }
X86_CONTROL_REGISTER(0)
X86_CONTROL_REGISTER(2)
X86_CONTROL_REGISTER(3)
X86_CONTROL_REGISTER(4)

static inline void invlpg(uint64_t va) { __asm__ volatile("invlpg (%0)" : : "r"(va) : "memory"); }

/* What this machine has; fixed by x86_features_init. */
struct x86_features {
    bool nx, pages_1g, smep, smap, umip, fsgsbase, xsave, xsaveopt, avx, pge, pat, pcid;
};
extern struct x86_features x86_features;
void x86_features_init(void);

/* cpu.c: descriptor tables, control registers and MSRs of the calling CPU. Sets GS base, so that this_cpu() works afterwards. */
void x86_cpu_setup(struct cpu *cpu);
/* trap.c: fill the IDT (once), load it. */
void x86_idt_init(void);
void x86_idt_load(void);
/* fpu.c: switch on what is used, on each CPU. Leaves the FPU off. */
void x86_fpu_init(void);

/* paging.c: load the space and forget all translations under its number. */
void x86_space_load_clean(const struct arch_space *space);

/* kernel_tables.c: the kernel's own mappings, all made during boot. */
extern paddr_t x86_kernel_root;
/* Take the kernel's tables into use on this CPU. */
static inline void x86_kernel_root_load(void) { write_cr3(x86_kernel_root); }
/* Copy the kernel's half into a user root. */
void x86_kernel_root_copy(uint64_t *root);
/* Map the pages of a new CPU's stack; the page below stays unmapped. Returns the top. */
uintptr_t x86_stack_map(unsigned cpu, paddr_t stack);

/* time.c: measure the TSC and the local APIC's timer against what is there. Boot CPU. */
void x86_time_init(void);
/* irq.c */
void x86_irq_init(void);
void x86_irq_handle(unsigned line);
/* timer of the local APIC fired */
void x86_timer_handle(void);
/* io.c: false: no UART */
bool x86_console_init(void);

/* entry.S */
extern char syscall_entry[], syscall_entry_plain[], interrupt_stubs[], nmi_stub[], double_fault_stub[], machine_check_stub[];

#endif
