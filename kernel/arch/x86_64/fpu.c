/* fpu.c: FPU state of threads. Not here: who owns the registers (sched/schedule.c).
 * CR0.TS is set while user mode may not use the FPU; the kernel itself never uses it. */
#include <lib/string.h>
#include <switch.h>

#define STATE_X87 1u
#define STATE_SSE 2u
#define STATE_AVX 4u

static uint32_t state_mask; /* fixed by the boot CPU; 0: FXSAVE */

void x86_fpu_init(void)
{
    if (x86_features.xsave) {
        state_mask = STATE_X87 | STATE_SSE | (x86_features.avx ? STATE_AVX : 0);
        __asm__ volatile("xsetbv" : : "c"(0), "a"(state_mask), "d"(0));
    }
    this_cpu()->arch.fpu_on = false;
}

static uint8_t *area(struct thread *thread)
{
    return (uint8_t *)(((uintptr_t)thread->arch.fpu + 63) & ~(uintptr_t)63);
}

void arch_fpu_enable(bool on)
{
    fpu_set(this_cpu(), on);
}

void arch_fpu_save(struct thread *thread)
{
    if (x86_features.xsaveopt)
        __asm__ volatile("xsaveopt64 (%0)" : : "r"(area(thread)), "a"(state_mask), "d"(0) : "memory");
    else if (state_mask != 0)
        __asm__ volatile("xsave64 (%0)" : : "r"(area(thread)), "a"(state_mask), "d"(0) : "memory");
    else
        __asm__ volatile("fxsave64 (%0)" : : "r"(area(thread)) : "memory");
}

void arch_fpu_restore(struct thread *thread)
{
    if (state_mask != 0)
        __asm__ volatile("xrstor64 (%0)" : : "r"(area(thread)), "a"(state_mask), "d"(0) : "memory");
    else
        __asm__ volatile("fxrstor64 (%0)" : : "r"(area(thread)) : "memory");
}

/* The legacy area: control word 0x37f at 0, tag word (abridged: all empty) 0 at 4, MXCSR 0x1f80 at 24. An empty XSAVE header says the rest. */
void arch_fpu_init(struct thread *thread)
{
    uint8_t *to = area(thread);
    memset(to, 0, ARCH_FPU_BYTES);
    const uint16_t control = 0x37f;
    const uint32_t mxcsr = 0x1f80;
    memcpy(to, &control, sizeof control);
    memcpy(to + 24, &mxcsr, sizeof mxcsr);
}
