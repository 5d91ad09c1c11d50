/* trap.c: what each cause of a trap means. Not here: entry and exit, TLB refill (entry.S), interrupts (interrupt.c). */
#include <csr.h>
#include <machine.h>
#include <offsets.h>
#include <radix/radix.h>
#include <sched/cpu.h>
#include <trap.h>

static_assert(CPU_CURRENT == offsetof(struct cpu, current) && CPU_STACK_TOP == offsetof(struct cpu, stack_top));
static_assert(offsetof(struct thread, frame) == 0 && FRAME_REGISTER(31) == offsetof(struct frame, r[31]));
static_assert(FRAME_PC_OFFSET == offsetof(struct frame, pc) && FRAME_CAUSE_OFFSET == offsetof(struct frame, cause));
static_assert(FPU_FCC == offsetof(typeof_unqual(((struct thread *)0)->arch.fpu), fcc));
static_assert(FPU_FCSR == offsetof(typeof_unqual(((struct thread *)0)->arch.fpu), fcsr));

#define CAUSE_CODE(cause) ((cause) >> 16 & 0x3f)
#define CAUSE_FETCH(cause) (((cause) >> 22 & 0x1ff) == 0) /* of ADDRESS_ERROR */

enum code : unsigned {
    INTERRUPT = 0, LOAD_PAGE = 1, STORE_PAGE = 2, FETCH_PAGE = 3, PAGE_MODIFIED = 4, NOT_READABLE = 5, NOT_EXECUTABLE = 6, PRIVILEGE = 7,
    ADDRESS_ERROR = 8, MISALIGNED = 9, BOUNDS = 10, BREAK = 12, ILLEGAL = 13, PRIVILEGED = 14, FPU_OFF = 15, LSX_OFF = 16, LASX_OFF = 17,
    FPU_ERROR = 18, LBT_OFF = 20,
};
enum break_code : unsigned { BREAK_OVERFLOW = 6, BREAK_DIVIDE = 7 };

static void tlb_drop(uaddr_t va)
{
    __asm__ volatile("invtlb 5, %0, %1" ::"r"(csr_read(CSR_ASID)), "r"(va) : "memory");
}

/* An interrupt between a refill and the access that needed it: should nothing be there, the page fault that takes the invalid entry away may
 * come on another CPU. */
static void drop_interrupted_refill(const struct frame *frame)
{
    if ((csr_read(CSR_TLBRERA) & ~3ull) == frame->pc)
        tlb_drop(csr_read(CSR_TLBRBADV));
}

/* Where a leaf allows what its TLB entry did not, the entry was out of date, or accessed or dirty was missing in both. In any case it must
 * go: the refill brings the new one. */
static void page_fault(struct cpu *cpu, uaddr_t va, unsigned access)
{
    tlb_drop(va);
    if (va < USER_END && radix_touch(&cpu->current->task->space.arch, va, access))
        return;
    cpu->arch.writing = access == PROT_BIT_WRITE ? va : UINT64_MAX;
    trap_page_fault(va, access);
}

static void breakpoint(struct frame *frame)
{
    uint64_t code = csr_read(CSR_BADI) & 0x7fff;
    if (code == BREAK_DIVIDE || code == BREAK_OVERFLOW)
        trap_exception(EXCEPTION_DIVIDE, frame->pc, code);
    else
        trap_exception(EXCEPTION_BREAKPOINT, frame->pc, code);
}

/* entry.S: any trap from user mode but syscall; its registers are in the frame of the current thread. */
void trap_user(void);
void trap_user(void)
{
    struct cpu *cpu = this_cpu();
    struct frame *frame = &cpu->current->frame;
    uint64_t value = csr_read(CSR_BADV);
    switch (CAUSE_CODE(frame->cause)) {
    case INTERRUPT:
        drop_interrupted_refill(frame);
        interrupts_handle(frame->cause & csr_read(CSR_ECFG));
        break;
    case LOAD_PAGE:
    case NOT_READABLE:
        page_fault(cpu, value, PROT_BIT_READ);
        break;
    case STORE_PAGE:
    case PAGE_MODIFIED:
        page_fault(cpu, value, PROT_BIT_WRITE);
        break;
    case FETCH_PAGE:
    case NOT_EXECUTABLE:
        page_fault(cpu, value, PROT_BIT_EXEC);
        break;
    case ADDRESS_ERROR:
        trap_page_fault(value, CAUSE_FETCH(frame->cause) ? PROT_BIT_EXEC : PROT_BIT_READ);
        break;
    case PRIVILEGE:
    case BOUNDS:
        trap_exception(EXCEPTION_PAGE_FAULT, value, 0);
        break;
    case MISALIGNED:
        trap_exception(EXCEPTION_ALIGNMENT, value, 0);
        break;
    case BREAK:
        breakpoint(frame);
        break;
    case ILLEGAL:
    case PRIVILEGED:
    case LSX_OFF:
    case LASX_OFF:
    case LBT_OFF:
        trap_exception(EXCEPTION_ILLEGAL, frame->pc, csr_read(CSR_BADI));
        break;
    case FPU_OFF:
        trap_fpu();
        break;
    case FPU_ERROR:
        trap_exception(EXCEPTION_FLOAT, frame->pc, 0);
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
        [INTERRUPT] = "interrupt", [LOAD_PAGE] = "load page fault", [STORE_PAGE] = "store page fault", [FETCH_PAGE] = "fetch page fault",
        [PAGE_MODIFIED] = "write to a clean page", [ADDRESS_ERROR] = "address error", [MISALIGNED] = "misaligned access",
        [BREAK] = "break", [ILLEGAL] = "illegal instruction", [FPU_OFF] = "FPU instruction",
    };
    unsigned code = CAUSE_CODE(cause);
    const char *name = code < sizeof names / sizeof names[0] && names[code] ? names[code] : "trap";
    panic_at(pc, frame_pointer, name, value, cause);
}

bool arch_stack_next(uintptr_t *frame_pointer, uintptr_t *return_address)
{
    uintptr_t fp = *frame_pointer;
    if (fp % 16)
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
