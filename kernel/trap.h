/* trap.h: what ports call when a trap or interrupt arrives. All are called with interrupts off on the CPU's kernel stack, after the
 * user registers were saved in this_cpu()->current->frame (interrupt ones also from inside arch_idle, when current is NULL).
 * When they return, the port restores this_cpu()->current, never NULL then, unless it came from arch_idle. */
#ifndef KERNEL_TRAP_H
#define KERNEL_TRAP_H

#include <arch/arch.h>
#include <thread_page.h>

void trap_syscall(void);                       /* a system call instruction; frame pc already points behind it */

#ifndef TRAP_CALL
#define TRAP_CALL /* the port's calling convention for these */
#endif

/* The system calls that are told apart in the port's entry, by bits 0..7 of the number, for speed. From outside a runtime they are foreign:
 * only native calls come here. cpu and thread: the CPU's own and its current one.
 * They leave through arch_return_to_user, or return the frame out of which FRAME_R1 .. FRAME_R7 are to be taken, with STATUS_OK as status;
 * FRAME_R8, pc, sp and what functions must preserve are the current thread's; other registers may be left with anything that tells nothing.
 * The kernel lock is still held then, and the port gives it up when it has read that frame. */
TRAP_CALL struct frame *trap_message_call(struct cpu *cpu, struct thread *thread);
TRAP_CALL struct frame *trap_message_reply_wait(struct cpu *cpu, struct thread *thread);
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
