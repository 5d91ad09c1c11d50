/* trap.c: what each cause of a trap means. Not here: entry and exit (entry.S), interrupts (interrupt.c). */
#include <csr.h>
#include <machine.h>
#include <offsets.h>
#include <arch/radix/radix.h>
#include <sched/cpu.h>
#include <trap.h>

static_assert(CPU_CURRENT == offsetof(struct cpu, current) && CPU_STACK_TOP == offsetof(struct cpu, stack_top));
static_assert(offsetof(struct thread, frame) == 0 && FPU_FCSR == offsetof(typeof_unqual(((struct thread *)0)->arch.fpu), fcsr));
static_assert(FRAME_X(31) == offsetof(struct frame, x[31]) && FRAME_PC_OFFSET == offsetof(struct frame, pc));
static_assert(FRAME_STATUS_OFFSET == offsetof(struct frame, status) && FRAME_CAUSE_OFFSET == offsetof(struct frame, cause));

enum cause : uint64_t {
    FETCH_MISALIGNED = 0, FETCH_ACCESS = 1, ILLEGAL = 2, BREAKPOINT = 3, LOAD_MISALIGNED = 4, LOAD_ACCESS = 5, STORE_MISALIGNED = 6,
    STORE_ACCESS = 7, ECALL = CAUSE_ECALL, FETCH_PAGE = 12, LOAD_PAGE = 13, STORE_PAGE = 15, CAUSE_INTERRUPT = 1ull << 63,
};

/* An entry that is there after all: its accessed or dirty bit was missing, or this CPU had cached that it was absent. */
static void page_fault(struct cpu *cpu, uaddr_t va, unsigned access)
{
    if (va < USER_END && radix_touch(&cpu->current->task->space.arch, va, access))
        __asm__ volatile("sfence.vma %0, zero" ::"r"(va) : "memory");
    else
        trap_page_fault(va, access);
}

/* entry.S: any trap from user mode but ecall; its registers are in the frame of the current thread. */
void trap_user(void);
void trap_user(void)
{
    struct cpu *cpu = this_cpu();
    struct frame *frame = &cpu->current->frame;
    if (frame->cause & CAUSE_INTERRUPT) {
        interrupt_handle(frame->cause & ~CAUSE_INTERRUPT);
        return;
    }
    uint64_t value = csr_read(stval);
    switch (frame->cause) {
    case FETCH_PAGE:
        page_fault(cpu, value, PROT_BIT_EXEC);
        break;
    case LOAD_PAGE:
        page_fault(cpu, value, PROT_BIT_READ);
        break;
    case STORE_PAGE:
        page_fault(cpu, value, PROT_BIT_WRITE);
        break;
    case ILLEGAL:
        if ((frame->status & SSTATUS_FS) == 0)
            trap_fpu(); /* if it is not the FPU's, it comes again, and then FS is not off */
        else
            trap_exception(EXCEPTION_ILLEGAL, frame->pc, value);
        break;
    case BREAKPOINT:
        trap_exception(EXCEPTION_BREAKPOINT, frame->pc, 0);
        break;
    case FETCH_MISALIGNED:
    case LOAD_MISALIGNED:
    case STORE_MISALIGNED:
        trap_exception(EXCEPTION_ALIGNMENT, value, 0);
        break;
    case FETCH_ACCESS:
    case LOAD_ACCESS:
    case STORE_ACCESS:
        trap_exception(EXCEPTION_BUS_ERROR, value, 0);
        break;
    default:
        trap_exception(EXCEPTION_OTHER, value, frame->cause);
    }
}

/* entry.S: a trap in the kernel, on the emergency stack. */
[[noreturn]] void trap_kernel(uint64_t pc, uintptr_t frame_pointer, uint64_t cause, uint64_t value);
void trap_kernel(uint64_t pc, uintptr_t frame_pointer, uint64_t cause, uint64_t value)
{
    static const char *const names[] = {
        [FETCH_MISALIGNED] = "misaligned fetch", [FETCH_ACCESS] = "fetch access fault", [ILLEGAL] = "illegal instruction",
        [BREAKPOINT] = "breakpoint", [LOAD_MISALIGNED] = "misaligned load", [LOAD_ACCESS] = "load access fault",
        [STORE_MISALIGNED] = "misaligned store", [STORE_ACCESS] = "store access fault", [FETCH_PAGE] = "fetch page fault",
        [LOAD_PAGE] = "load page fault", [STORE_PAGE] = "store page fault",
    };
    const char *name = cause < sizeof names / sizeof names[0] && names[cause] ? names[cause] : "trap";
    panic_at(pc, frame_pointer, name, value, cause);
}

bool arch_stack_next(uintptr_t *frame_pointer, uintptr_t *return_address)
{
    uintptr_t fp = *frame_pointer;
    if (fp % 16 || fp < DIRECT_MAP || fp - 16 < DIRECT_MAP)
        return false;
    bool inside = false;
    for (unsigned i = 0; i < ARCH_MAX_CPUS && !inside; i++)
        inside = cpus[i].stack_top && fp <= cpus[i].stack_top && fp - 16 >= cpus[i].stack_top - KERNEL_STACK_SIZE;
    if (!inside)
        return false;
    const uintptr_t *saved = (const uintptr_t *)fp;
    *return_address = saved[-1];
    *frame_pointer = saved[-2];
    return saved[-1] != 0;
}
