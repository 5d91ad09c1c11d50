/* trap.c: what each cause of an exception means. Not here: entry and exit, TLB refill (entry.S), interrupts (interrupt.c). */
#include <board.h>
#include <cp0.h>
#include <offsets.h>
#include <radix/radix.h>
#include <sched/cpu.h>
#include <trap.h>

static_assert(CPU_CURRENT == offsetof(struct cpu, current) && CPU_STACK_TOP == offsetof(struct cpu, stack_top));
static_assert(offsetof(struct thread, frame) == 0 && FRAME_REGISTER(31) == offsetof(struct frame, r[31]));
static_assert(FRAME_HI == offsetof(struct frame, hi) && FRAME_LO == offsetof(struct frame, lo) && FRAME_PC_OFFSET == offsetof(struct frame, pc));
static_assert(FRAME_STATUS_OFFSET == offsetof(struct frame, status) && FRAME_CAUSE_OFFSET == offsetof(struct frame, cause));
static_assert(FPU_FCSR == offsetof(typeof_unqual(((struct thread *)0)->arch.fpu), fcsr));

#define CODE_OF(cause) ((cause) >> 2 & 31)
#define COPROCESSOR_OF(cause) ((cause) >> 28 & 3)

enum code : unsigned {
    INTERRUPT = 0, PAGE_MODIFIED = 1, LOAD_PAGE = 2, STORE_PAGE = 3, LOAD_ADDRESS = 4, STORE_ADDRESS = 5, FETCH_BUS = 6, LOAD_BUS = 7,
    BREAK = 9, RESERVED = 10, COPROCESSOR = 11, OVERFLOW = 12, TRAP = 13, MSA_ERROR = 14, FPU_ERROR = 15, NOT_READABLE = 19,
    NOT_EXECUTABLE = 20, MSA_OFF = 21,
};
enum break_code : unsigned { BREAK_OVERFLOW = 6, BREAK_DIVIDE = 7 };

/* The pc of a branch stands for its delay slot too. */
static bool is_fetch(const struct frame *frame, uaddr_t va)
{
    return va == frame->pc || ((frame->cause & CAUSE_BRANCH_DELAY) && va == frame->pc + 4);
}

/* Where a leaf allows what its TLB entry did not, the entry was out of date, or accessed or dirty was missing in both. In any case it must
 * go: the refill brings the new one. */
static void page_fault(struct cpu *cpu, uaddr_t va, unsigned access)
{
    if (va < USER_END) {
        tlb_drop(va);
        if (radix_touch(&cpu->current->task->space.arch, va, access))
            return;
    }
    cpu->arch.writing = access == PROT_BIT_WRITE ? va : UINT64_MAX;
    trap_page_fault(va, access);
}

static void address_error(uaddr_t va, unsigned access)
{
    if (va < USER_END && va % 8)
        trap_exception(EXCEPTION_ALIGNMENT, va, 0);
    else
        trap_page_fault(va < USER_END ? USER_END : va, access);
}

/* break and the trap instructions carry a code; compilers say with it what was checked. */
static void breakpoint(struct frame *frame, unsigned kind)
{
    uint32_t instruction = cp0_read32(CP0_BADINSTR);
    uint32_t code = kind == TRAP ? instruction >> 6 & 0x3ff : instruction >> 16 & 0x3ff;
    if (code == BREAK_DIVIDE || code == BREAK_OVERFLOW)
        trap_exception(EXCEPTION_DIVIDE, frame->pc, code);
    else
        trap_exception(EXCEPTION_BREAKPOINT, frame->pc, code);
}

/* entry.S: any exception from user mode but a system call; its registers are in the frame of the current thread. */
void trap_user(void);
void trap_user(void)
{
    struct cpu *cpu = this_cpu();
    struct frame *frame = &cpu->current->frame;
    uint64_t value = cp0_read(CP0_BADVADDR);
    unsigned code = CODE_OF(frame->cause);
    switch (code) {
    case INTERRUPT:
        tlb_drop_invalid(value); /* between a refill and its page fault, which may come on another CPU */
        (void)interrupts_handle((uint32_t)frame->cause & STATUS_KERNEL & 0xff00);
        break;
    case LOAD_PAGE:
        page_fault(cpu, value, is_fetch(frame, value) ? PROT_BIT_EXEC : PROT_BIT_READ);
        break;
    case NOT_READABLE:
        page_fault(cpu, value, PROT_BIT_READ);
        break;
    case STORE_PAGE:
    case PAGE_MODIFIED:
        page_fault(cpu, value, PROT_BIT_WRITE);
        break;
    case NOT_EXECUTABLE:
        page_fault(cpu, value, PROT_BIT_EXEC);
        break;
    case LOAD_ADDRESS:
        address_error(value, is_fetch(frame, value) ? PROT_BIT_EXEC : PROT_BIT_READ);
        break;
    case STORE_ADDRESS:
        address_error(value, PROT_BIT_WRITE);
        break;
    case FETCH_BUS:
    case LOAD_BUS:
        trap_exception(EXCEPTION_BUS_ERROR, frame->pc, 0);
        break;
    case BREAK:
    case TRAP:
        breakpoint(frame, code);
        break;
    case OVERFLOW:
        trap_exception(EXCEPTION_DIVIDE, frame->pc, BREAK_OVERFLOW);
        break;
    case COPROCESSOR:
        if (COPROCESSOR_OF(frame->cause) == 1) {
            trap_fpu();
            break;
        }
        [[fallthrough]];
    case RESERVED:
    case MSA_OFF:
        trap_exception(EXCEPTION_ILLEGAL, frame->pc, cp0_read32(CP0_BADINSTR));
        break;
    case FPU_ERROR:
    case MSA_ERROR:
        trap_exception(EXCEPTION_FLOAT, frame->pc, 0);
        break;
    default:
        trap_exception(EXCEPTION_OTHER, value, frame->cause);
    }
}

/* entry.S: an exception in the kernel, on the emergency stack. */
[[noreturn]] void trap_kernel(uint64_t pc, uintptr_t stack, uint64_t cause, uint64_t value);
void trap_kernel(uint64_t pc, uintptr_t stack, uint64_t cause, uint64_t value)
{
    static const char *const names[] = {
        [INTERRUPT] = "interrupt", [PAGE_MODIFIED] = "write to a clean page", [LOAD_PAGE] = "load page fault", [STORE_PAGE] = "store page fault",
        [LOAD_ADDRESS] = "load address error", [STORE_ADDRESS] = "store address error", [FETCH_BUS] = "fetch bus error",
        [LOAD_BUS] = "bus error", [BREAK] = "break", [RESERVED] = "reserved instruction", [COPROCESSOR] = "coprocessor instruction",
        [TRAP] = "trap",
    };
    unsigned code = CODE_OF(cause);
    const char *name = code < sizeof names / sizeof names[0] && names[code] ? names[code] : "exception";
    panic_at(pc, stack, name, value, cause);
}

extern char kernel_start[], kernel_text_end[]; /* kernel.ld */

/* Does it point behind a call? The delay slot lies between. */
static bool is_return_address(uint64_t address)
{
    enum : uint32_t { JAL = 3, SPECIAL = 0, JALR = 9 };
    if (address % 4 || address < (uint64_t)kernel_start + 8 || address >= (uint64_t)kernel_text_end)
        return false;
    uint32_t instruction = ((const uint32_t *)address)[-2];
    return instruction >> 26 == JAL || (instruction >> 26 == SPECIAL && (instruction & 0x3f) == JALR);
}

/* The ABI has no chain of frames: the "frame pointer" is a stack pointer, and what looks like a return address is shown as one. */
bool arch_stack_next(uintptr_t *frame_pointer, uintptr_t *return_address)
{
    uintptr_t at = *frame_pointer;
    uintptr_t end = 0;
    for (unsigned i = 0; i < ARCH_MAX_CPUS && !end; i++)
        if (at < cpus[i].stack_top && at >= cpus[i].stack_top - KERNEL_STACK_SIZE)
            end = cpus[i].stack_top;
    for (at = (at + 7) & ~7ull; at < end; at += 8) {
        uint64_t value = *(const uint64_t *)at;
        if (is_return_address(value)) {
            *return_address = value;
            *frame_pointer = at + 8;
            return true;
        }
    }
    return false;
}
