/* panic.c: the end, with everything that helps to find the cause: message, CPU, thread, stack trace with function names. */
#include <debug/symbols.h>
#include <lib/format.h>
#include <sched/schedule.h>

#define TRACE_DEPTH 32

static _Atomic bool panicking;

static void print_place(uintptr_t address)
{
    uintptr_t offset = 0;
    const char *name = symbol_find(&kernel_symbols, address, &offset);
    log_print("  %016llx  %s+0x%llx\n", (unsigned long long)address, name != nullptr ? name : "?", (unsigned long long)offset);
}

static void print_stack(uintptr_t frame_pointer)
{
    uintptr_t address;
    for (int depth = 0; depth < TRACE_DEPTH && arch_stack_next(&frame_pointer, &address); depth++)
        print_place(address);
}

static void begin(void)
{
    log_quiet = false;
    if (atomic_exchange(&panicking, true))
        arch_halt(); /* a panic inside a panic, or on two CPUs */
    smp_stop_others();
}

[[noreturn]] static void end(void)
{
    struct cpu *cpu = this_cpu();
    struct thread *thread = cpu->current;
    if (thread != nullptr)
        log_print("  on CPU %u, in task %s: pc %llx sp %llx\n", cpu->number, thread->task->name,
                  (unsigned long long)thread->frame.FRAME_PC, (unsigned long long)thread->frame.FRAME_SP);
    else
        log_print("  on CPU %u, idle\n", cpu->number);
    arch_halt();
}

void panic(const char *format, ...)
{
    char line[256];
    va_list arguments;
    begin();
    va_start(arguments, format);
    format_text(line, sizeof line, format, arguments);
    va_end(arguments);
    log_print("PANIC: %s\n", line);
    print_stack(arch_frame_pointer());
    end();
}

void panic_at(uintptr_t pc, uintptr_t frame_pointer, const char *what, uint64_t address, uint64_t code)
{
    begin();
    log_print("PANIC: %s in the kernel, address %llx, code %llx\n", what, (unsigned long long)address, (unsigned long long)code);
    print_place(pc);
    print_stack(frame_pointer);
    end();
}
