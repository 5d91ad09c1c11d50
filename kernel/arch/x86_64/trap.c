/* trap.c: the IDT, and what each vector means. Not here: entry and exit (entry.S). */
#include <offsets.h>
#include <platform/lapic.h>
#include <trap.h>
#include <vectors.h>
#include <x86.h>

#define ASSERT_OFFSET(constant, type, member) static_assert((constant) == offsetof(struct type, member))
ASSERT_OFFSET(FRAME_RAX, frame, rax);
ASSERT_OFFSET(FRAME_RBX, frame, rbx);
ASSERT_OFFSET(FRAME_RCX, frame, rcx);
ASSERT_OFFSET(FRAME_RDX, frame, rdx);
ASSERT_OFFSET(FRAME_RSI, frame, rsi);
ASSERT_OFFSET(FRAME_RDI, frame, rdi);
ASSERT_OFFSET(FRAME_RBP, frame, rbp);
ASSERT_OFFSET(FRAME_R8_, frame, r8);
ASSERT_OFFSET(FRAME_R8_ + 56, frame, r15);
ASSERT_OFFSET(FRAME_RIP, frame, rip);
ASSERT_OFFSET(FRAME_RSP, frame, rsp);
ASSERT_OFFSET(FRAME_RFLAGS, frame, rflags);
ASSERT_OFFSET(FRAME_FS_BASE, frame, fs_base);
ASSERT_OFFSET(FRAME_ERROR, frame, error);
ASSERT_OFFSET(0, thread, frame);
ASSERT_OFFSET(THREAD_PAGE, thread, page);
ASSERT_OFFSET(THREAD_PAGE_ADDRESS, thread, thread_page_address);
ASSERT_OFFSET(THREAD_RUNTIME_START, thread, runtime_start);
ASSERT_OFFSET(THREAD_RUNTIME_END, thread, runtime_end);
ASSERT_OFFSET(THREAD_CALL_ENTRY, thread, call_entry);
ASSERT_OFFSET(CPU_CURRENT, cpu, current);
ASSERT_OFFSET(CPU_STACK_TOP, cpu, stack_top);
ASSERT_OFFSET(CPU_SELF, cpu, scratch[0]);
ASSERT_OFFSET(CPU_USER_RSP, cpu, scratch[1]);
ASSERT_OFFSET(PAGE_FRAME, thread_page, frame);

enum trap_vector : uint8_t {
    TRAP_DIVIDE = 0, TRAP_DEBUG = 1, TRAP_NMI = 2, TRAP_BREAKPOINT = 3, TRAP_INVALID_OPCODE = 6, TRAP_NO_FPU = 7, TRAP_DOUBLE_FAULT = 8,
    TRAP_NOT_PRESENT = 11, TRAP_STACK = 12, TRAP_PROTECTION = 13, TRAP_PAGE_FAULT = 14, TRAP_X87 = 16, TRAP_ALIGNMENT = 17,
    TRAP_MACHINE_CHECK = 18, TRAP_SIMD = 19, TRAPS = 32,
};

#define FAULT_WRITE (1u << 1)
#define FAULT_RESERVED (1u << 3)
#define FAULT_FETCH (1u << 4)

struct gate {
    uint16_t offset0, selector;
    uint8_t ist, type;
    uint16_t offset1;
    uint32_t offset2, reserved;
};

#define GATE_INTERRUPT 0x8e
#define GATE_INTERRUPT_USER 0xee /* user mode may use `int` for it */

static struct gate idt[256];

static void set_gate(unsigned vector, const char *handler, uint8_t ist, uint8_t type)
{
    uint64_t address = (uint64_t)handler;
    idt[vector] = (struct gate){
        .offset0 = (uint16_t)address, .offset1 = (uint16_t)(address >> 16), .offset2 = (uint32_t)(address >> 32),
        .selector = KERNEL_CS, .ist = ist, .type = type,
    };
}

void x86_idt_init(void)
{
    for (unsigned vector = 0; vector < 256; vector++)
        set_gate(vector, interrupt_stubs + vector * 8ull, 0, GATE_INTERRUPT);
    set_gate(TRAP_BREAKPOINT, interrupt_stubs + TRAP_BREAKPOINT * 8, 0, GATE_INTERRUPT_USER);
    set_gate(TRAP_NMI, nmi_stub, 1, GATE_INTERRUPT);
    set_gate(TRAP_DOUBLE_FAULT, double_fault_stub, 1, GATE_INTERRUPT);
    set_gate(TRAP_MACHINE_CHECK, machine_check_stub, 1, GATE_INTERRUPT);
}

void x86_idt_load(void)
{
    struct [[gnu::packed]] { uint16_t limit; uint64_t base; } pointer = {sizeof idt - 1, (uint64_t)idt};
    __asm__ volatile("lidt %0" : : "m"(pointer));
}

static void handle_interrupt(unsigned vector)
{
    if (vector >= VECTOR_PIC)
        return;
    lapic_end_of_interrupt();
    switch (vector) {
    case VECTOR_TIMER:
        x86_timer_handle();
        break;
    case VECTOR_IPI:
        trap_ipi();
        break;
    default:
        x86_irq_handle(vector - VECTOR_LINE);
    }
}

static void page_fault(uint64_t error)
{
    uint64_t address = read_cr2();
    if ((error & FAULT_RESERVED) != 0)
        panic("page table entry with reserved bits for user address 0x%llx", (unsigned long long)address);
    trap_page_fault(address, (error & FAULT_FETCH) != 0   ? PROT_BIT_EXEC
                             : (error & FAULT_WRITE) != 0 ? PROT_BIT_WRITE
                                                          : PROT_BIT_READ);
}

static const uint8_t exception_of[TRAPS] = {
    [TRAP_DIVIDE] = EXCEPTION_DIVIDE,
    [TRAP_DEBUG] = EXCEPTION_STEP,
    [TRAP_BREAKPOINT] = EXCEPTION_BREAKPOINT,
    [TRAP_INVALID_OPCODE] = EXCEPTION_ILLEGAL,
    [TRAP_NOT_PRESENT] = EXCEPTION_BUS_ERROR,
    [TRAP_STACK] = EXCEPTION_BUS_ERROR,
    [TRAP_X87] = EXCEPTION_FLOAT,
    [TRAP_SIMD] = EXCEPTION_FLOAT,
    [TRAP_ALIGNMENT] = EXCEPTION_ALIGNMENT,
};

/* entry.S: any trap but `syscall` from user mode, whose registers are in `frame`. */
void trap_from_user(struct frame *frame, uint8_t vector, uint64_t error);
void trap_from_user(struct frame *frame, uint8_t vector, uint64_t error)
{
    frame->error = FRAME_BY_INTERRUPT | (uint64_t)vector << 32 | (error & 0xffffffff);
    if (vector >= TRAPS)
        handle_interrupt(vector);
    else if (vector == TRAP_PAGE_FAULT)
        page_fault(error);
    else if (vector == TRAP_NO_FPU)
        trap_fpu();
    else
        trap_exception(exception_of[vector] != 0 ? (enum exception)exception_of[vector] : EXCEPTION_OTHER, 0, (uint64_t)vector << 32 | error);
}

static const char *trap_name(uint8_t vector)
{
    switch (vector) {
    case TRAP_NMI: return "non-maskable interrupt";
    case TRAP_INVALID_OPCODE: return "invalid opcode";
    case TRAP_DOUBLE_FAULT: return "double fault (stack overflow?)";
    case TRAP_PROTECTION: return "general protection fault";
    case TRAP_PAGE_FAULT: return "page fault";
    case TRAP_MACHINE_CHECK: return "machine check";
    default: return "exception";
    }
}

/* entry.S: an interrupt inside arch_idle, or the end. */
void trap_from_kernel(uint8_t vector, uint64_t error, uintptr_t rip, uintptr_t rbp);
void trap_from_kernel(uint8_t vector, uint64_t error, uintptr_t rip, uintptr_t rbp)
{
    if (vector >= TRAPS) {
        handle_interrupt(vector);
        return;
    }
    panic_at(rip, rbp, trap_name(vector), vector == TRAP_PAGE_FAULT || vector == TRAP_DOUBLE_FAULT ? read_cr2() : 0,
             (uint64_t)vector << 32 | (error & 0xffffffff));
}
