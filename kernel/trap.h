/* trap.h: what ports call when a trap or interrupt arrives. All are called with interrupts off on the CPU's kernel stack, after the
 * user registers were saved in this_cpu()->current->frame (interrupt ones also from inside arch_idle, when current is NULL).
 * When they return, the port restores this_cpu()->current, never NULL then, unless it came from arch_idle. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <arch/arch.h>
#include <thread_page.h>

void trap_syscall(void);                       /* a system call instruction; frame pc already points behind it */
void trap_page_fault(uaddr_t va, unsigned access); /* PROT_BIT_* of the access that failed; user mode only */
void trap_exception(enum exception exception, uint64_t address, uint64_t code);
void trap_fpu(void);                           /* first use of the FPU while it is off */
void trap_interrupt(unsigned irq);             /* a device line; the port has acknowledged it at the controller where that is needed to
                                                  get others, and it will be masked until arch_irq_unmask */
void trap_timer(void);
void trap_ipi(void);

/* boot */
struct boot_info;
[[noreturn]] void kernel_main(struct boot_info *info);
[[noreturn]] void kernel_secondary_main(unsigned cpu);

/* A trap from kernel mode, a broken invariant: print the message, registers and stack traces, stop all CPUs. printf-like. */
[[noreturn, gnu::format(printf, 1, 2)]] void panic(const char *format, ...);
/* As panic, with the frame pointer and pc of the trap that happened in kernel mode. */
[[noreturn]] void panic_at(uintptr_t pc, uintptr_t frame_pointer, const char *what, uint64_t address, uint64_t code);

#endif
