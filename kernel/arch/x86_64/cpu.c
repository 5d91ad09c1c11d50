/* cpu.c: what one CPU needs to run kernel and user code: descriptor tables, control registers, MSRs. Not here: starting CPUs (smp.c). */
#include <offsets.h>
#include <platform/lapic.h>
#include <platform/pic8259.h>
#include <trap.h>
#include <vectors.h>
#include <x86.h>

#define IST_SIZE 0x1000

struct x86_features x86_features;

/* Where non-maskable interrupts, double faults and machine checks run. The last two words are the struct cpu and padding. */
alignas(16) static uint8_t ist_stacks[ARCH_MAX_CPUS][IST_SIZE];

static bool bit(uint32_t word, unsigned n) { return (word >> n & 1) != 0; }

void x86_features_init(void)
{
    struct x86_features *f = &x86_features;
    uint32_t max = cpuid(0, 0).eax;
    struct cpuid one = cpuid(1, 0), extended = cpuid(0x80000001, 0);
    f->pge = bit(one.edx, 13);
    f->pat = bit(one.edx, 16);
    f->pcid = bit(one.ecx, 17);
    f->xsave = bit(one.ecx, 26);
    f->avx = f->xsave && bit(one.ecx, 28);
    f->nx = bit(extended.edx, 20);
    f->pages_1g = bit(extended.edx, 26);
    if (max >= 7) {
        struct cpuid seven = cpuid(7, 0);
        f->fsgsbase = bit(seven.ebx, 0);
        f->smep = bit(seven.ebx, 7);
        f->smap = bit(seven.ebx, 20);
        f->umip = bit(seven.ecx, 2);
    }
    if (max >= 0xd && f->xsave)
        f->xsaveopt = bit(cpuid(0xd, 1).eax, 0);
}

static void set_descriptors(struct cpu *cpu)
{
    static const uint64_t segments[6] = {
        0,
        0x00af9b000000ffff, /* KERNEL_CS */
        0x00cf93000000ffff, /* KERNEL_SS */
        0x00cffb000000ffff, /* 32-bit user code, where sysret to 32-bit code would go */
        0x00cff3000000ffff, /* USER_SS */
        0x00affb000000ffff, /* USER_CS */
    };
    for (unsigned i = 0; i < 6; i++)
        cpu->arch.gdt[i] = segments[i];
    uint64_t tss = (uint64_t)&cpu->arch.tss, limit = sizeof cpu->arch.tss - 1;
    cpu->arch.gdt[6] = limit | (tss & 0xffffff) << 16 | 0x89ull << 40 | (tss >> 24 & 0xff) << 56;
    cpu->arch.gdt[7] = tss >> 32;

    uint64_t *ist_top = (uint64_t *)(ist_stacks[cpu->number] + IST_SIZE - 16);
    *ist_top = (uint64_t)cpu;
    cpu->arch.tss = (struct arch_tss){
        .rsp0_low = (uint32_t)cpu->stack_top, .rsp0_high = (uint32_t)(cpu->stack_top >> 32),
        .ist = {(uint32_t)(uint64_t)ist_top, (uint32_t)((uint64_t)ist_top >> 32)},
        .io_map = sizeof cpu->arch.tss,
    };
}

static void load_descriptors(struct cpu *cpu)
{
    struct [[gnu::packed]] { uint16_t limit; uint64_t base; } pointer = {sizeof cpu->arch.gdt - 1, (uint64_t)cpu->arch.gdt};
    __asm__ volatile("lgdt %0\n\t"
                     "pushq %1\n\t"
                     "lea 1f(%%rip), %%rax\n\t"
                     "push %%rax\n\t"
                     "lretq\n"
                     "1: mov %2, %%ss\n\t"
                     "mov %3, %%ds\n\t"
                     "mov %3, %%es\n\t"
                     "mov %3, %%fs\n\t"
                     "mov %3, %%gs\n\t"
                     "lldt %w3\n\t"
                     "ltr %w4"
                     : : "m"(pointer), "i"(KERNEL_CS), "r"(KERNEL_SS), "r"(0), "r"(TSS_SELECTOR) : "rax", "memory");
}

static void set_control_registers(void)
{
    const struct x86_features *f = &x86_features;
    uint64_t cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
    cr4 |= (f->pge ? CR4_PGE : 0) | (f->umip ? CR4_UMIP : 0) | (f->fsgsbase ? CR4_FSGSBASE : 0) | (f->xsave ? CR4_OSXSAVE : 0) |
           (f->smep ? CR4_SMEP : 0) | (f->smap ? CR4_SMAP : 0) | (f->pcid ? CR4_PCIDE : 0); /* CR3 names number 0 */
    write_cr4(cr4);
    write_cr0(CR0_PE | CR0_PG | CR0_WP | CR0_NE | CR0_MP | CR0_AM | CR0_TS);
}

static void set_model_registers(void)
{
    wrmsr(MSR_EFER, rdmsr(MSR_EFER) | EFER_SCE);
    wrmsr(MSR_STAR, (uint64_t)(USER_SS - 8) << 48 | (uint64_t)KERNEL_CS << 32);
    wrmsr(MSR_LSTAR, (uint64_t)(x86_features.fsgsbase ? syscall_entry : syscall_entry_plain));
    wrmsr(MSR_SFMASK, FLAG_CARRY | FLAG_STEP | FLAG_INTERRUPTS | FLAG_DIRECTION | FLAG_NESTED | FLAG_RESUME | FLAG_ALIGNMENT);
    if (x86_features.pat)
        wrmsr(MSR_PAT, 0x0007040600070106); /* the reset value, but entry 1 (PWT) is write-combining */
}

void x86_cpu_setup(struct cpu *cpu)
{
    cpu->scratch[0] = (uint64_t)cpu;
    set_descriptors(cpu);
    load_descriptors(cpu); /* clears the GS base */
    wrmsr(MSR_GS_BASE, (uint64_t)cpu);
    wrmsr(MSR_KERNEL_GS_BASE, 0);
    wrmsr(MSR_FS_BASE, 0);
    x86_idt_load();
    set_control_registers();
    set_model_registers();
    x86_fpu_init();
}

void arch_cpu_init(unsigned number)
{
    if (number == 0) {
        pic8259_disable(VECTOR_PIC);
        x86_irq_init();
    }
    lapic_enable(VECTOR_SPURIOUS, VECTOR_TIMER);
    cpus[number].arch.deadline_ns = UINT64_MAX;
}

void arch_idle(void)
{
    __asm__ volatile("sti; hlt; cli" ::: "memory");
}

bool arch_interrupt_pending(void)
{
    return lapic_pending(VECTOR_TIMER, VECTOR_LINE + LINES_MAX);
}

void arch_halt(void)
{
    for (;;)
        __asm__ volatile("cli; hlt");
}

bool arch_stack_next(uintptr_t *frame_pointer, uintptr_t *return_address)
{
    const uintptr_t *frame = (const uintptr_t *)*frame_pointer;
    uintptr_t address = (uintptr_t)frame;
    const struct cpu *cpu = this_cpu();
    bool on_stack = address >= cpu->stack_top - KERNEL_STACK_SIZE && address + 16 <= cpu->stack_top;
    bool on_ist = address >= (uintptr_t)ist_stacks && address + 16 <= (uintptr_t)ist_stacks + sizeof ist_stacks;
    if ((address & 7) != 0 || (!on_stack && !on_ist) || frame[1] < KERNEL_BASE)
        return false;
    *frame_pointer = frame[0];
    *return_address = frame[1];
    return true;
}
