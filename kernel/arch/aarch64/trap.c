/* trap.c: what each class of exception means. Not here: entry and exit (entry.S), interrupts (interrupt.c). */
#include <arch/radix/radix.h>
#include <machine.h>
#include <offsets.h>
#include <sched/cpu.h>
#include <sysreg.h>
#include <trap.h>

static_assert(CPU_CURRENT == offsetof(struct cpu, current) && CPU_STACK_TOP == offsetof(struct cpu, stack_top));
static_assert(FRAME_X(30) == offsetof(struct frame, x[30]) && FRAME_SP_OFFSET == offsetof(struct frame, sp));
static_assert(FRAME_SP_OFFSET == FRAME_X(30) + 8 && FRAME_PC_OFFSET + 8 == offsetof(struct frame, pstate));
static_assert(FRAME_PC_OFFSET == offsetof(struct frame, pc) && FRAME_ESR_OFFSET == offsetof(struct frame, esr));
static_assert(offsetof(struct thread, frame) == 0 && offsetof(struct arch_thread, fpsr) == 512);

enum exception_class : uint32_t {
    CLASS_UNKNOWN = 0x00, CLASS_FPU = 0x07, CLASS_BRANCH_TARGET = 0x0d, CLASS_ILLEGAL_STATE = 0x0e, CLASS_SYSTEM = 0x18, CLASS_SVE = 0x19,
    CLASS_POINTER_AUTH = 0x1c, CLASS_SME = 0x1d, CLASS_FETCH = 0x20, CLASS_FETCH_KERNEL = 0x21, CLASS_PC_ALIGNMENT = 0x22, CLASS_DATA = 0x24,
    CLASS_DATA_KERNEL = 0x25, CLASS_SP_ALIGNMENT = 0x26, CLASS_FLOAT = 0x2c, CLASS_BREAKPOINT = 0x30, CLASS_STEP = 0x32,
    CLASS_WATCHPOINT = 0x34, CLASS_BRK = 0x3c,
};

/* Fault status of an abort: kinds with a level in the low bits, and single ones. */
enum fault_status : uint32_t {
    FAULT_SIZE = 0x00, FAULT_TRANSLATION = 0x04, FAULT_ACCESS_FLAG = 0x08, FAULT_PERMISSION = 0x0c, FAULT_ALIGNMENT = 0x21, FAULT_CONFLICT = 0x30,
};
#define ISS_WRITE (1u << 6)
#define ISS_CACHE_MAINTENANCE (1u << 8)

static void abort_of_user(uint32_t esr, uaddr_t va, unsigned access)
{
    uint32_t status = esr & 0x3f;
    switch (status & 0x3c) {
    case FAULT_ACCESS_FLAG:
    case FAULT_PERMISSION: /* its accessed or dirty state may be what is missing */
        if (va < USER_END && radix_touch(&this_cpu()->current->task->space.arch, va, access))
            return;
        [[fallthrough]];
    case FAULT_SIZE:
    case FAULT_TRANSLATION:
        trap_page_fault(va, access);
        return;
    }
    if (status == FAULT_CONFLICT)
        __asm__ volatile("tlbi vmalle1is\n\tdsb ish" ::: "memory");
    else
        trap_exception(status == FAULT_ALIGNMENT ? EXCEPTION_ALIGNMENT : EXCEPTION_BUS_ERROR, va, status);
}

/* entry.S: an exception of user mode but svc; its registers are in the frame of the current thread. */
void trap_user(void);
void trap_user(void)
{
    const struct frame *frame = &this_cpu()->current->frame;
    uint32_t esr = (uint32_t)frame->esr;
    uint64_t address = sysreg_read(far_el1);
    switch (esr >> ESR_CLASS_SHIFT) {
    case CLASS_DATA:
        abort_of_user(esr, address, (esr & (ISS_WRITE | ISS_CACHE_MAINTENANCE)) == ISS_WRITE ? PROT_BIT_WRITE : PROT_BIT_READ);
        break;
    case CLASS_FETCH:
        abort_of_user(esr, address, PROT_BIT_EXEC);
        break;
    case CLASS_FPU:
        trap_fpu();
        break;
    case CLASS_UNKNOWN:
    case CLASS_SYSTEM:
    case CLASS_SVE:
    case CLASS_SME:
    case CLASS_ILLEGAL_STATE:
    case CLASS_BRANCH_TARGET:
    case CLASS_POINTER_AUTH:
        trap_exception(EXCEPTION_ILLEGAL, frame->pc, esr);
        break;
    case CLASS_PC_ALIGNMENT:
        trap_exception(EXCEPTION_ALIGNMENT, frame->pc, esr);
        break;
    case CLASS_SP_ALIGNMENT:
        trap_exception(EXCEPTION_ALIGNMENT, frame->sp, esr);
        break;
    case CLASS_FLOAT:
        trap_exception(EXCEPTION_FLOAT, frame->pc, esr);
        break;
    case CLASS_BRK:
    case CLASS_BREAKPOINT:
    case CLASS_WATCHPOINT:
        trap_exception(EXCEPTION_BREAKPOINT, frame->pc, esr);
        break;
    case CLASS_STEP:
        trap_exception(EXCEPTION_STEP, frame->pc, esr);
        break;
    default:
        trap_exception(EXCEPTION_OTHER, frame->pc, esr);
    }
}

/* entry.S: an asynchronous error while in user mode. */
void trap_error(void);
void trap_error(void)
{
    trap_exception(EXCEPTION_BUS_ERROR, 0, sysreg_read(esr_el1));
}

/* entry.S: a trap in the kernel, on the emergency stack. */
[[noreturn]] void trap_kernel(uint64_t pc, uintptr_t frame_pointer, uint64_t esr, uint64_t address);
void trap_kernel(uint64_t pc, uintptr_t frame_pointer, uint64_t esr, uint64_t address)
{
    uint32_t class = (uint32_t)esr >> ESR_CLASS_SHIFT;
    panic_at(pc, frame_pointer, class == CLASS_DATA_KERNEL ? "data abort" : class == CLASS_FETCH_KERNEL ? "fetch abort" : "trap", address, esr);
}

bool arch_stack_next(uintptr_t *frame_pointer, uintptr_t *return_address)
{
    uintptr_t fp = *frame_pointer;
    if (fp % 16 || fp < DIRECT_MAP)
        return false;
    bool inside = false;
    for (unsigned i = 0; i < ARCH_MAX_CPUS && !inside; i++)
        inside = cpus[i].stack_top && fp >= cpus[i].stack_top - KERNEL_STACK_SIZE && fp + 16 <= cpus[i].stack_top;
    if (!inside)
        return false;
    const uintptr_t *saved = (const uintptr_t *)fp;
    *return_address = saved[1];
    *frame_pointer = saved[0];
    return saved[1] != 0;
}
