/* syscall_cp.s: a system call that is a cancellation point, as a call of the runtime (see src/internal/syscall_arch.h).
   long __syscall_cp_asm(volatile int *cancel, long number, long a, long b, long c, long d, long e, long f)

   From __cp_begin to before __cp_end the call has had no effect that may not be undone, and the stack pointer is the same:
   a signal handler that finds the thread there may send it to __cp_cancel. The runtime shows handlers the call instruction as
   long as that is so, if the call goes through the second pointer and has just this form. */
.global __syscall_cp_asm
.hidden __syscall_cp_asm
.global __cp_begin
.hidden __cp_begin
.global __cp_end
.hidden __cp_end
.global __cp_cancel
.hidden __cp_cancel
.hidden __cancel
.type __syscall_cp_asm, @function

__syscall_cp_asm:
	push 16(%rsp)			/* f, the seventh argument; and the stack is aligned for a call */
__cp_begin:
	cmpl $0, (%rdi)
	jne __cp_cancel
	mov %rsi, %rdi
	mov %rdx, %rsi
	mov %rcx, %rdx
	mov %r8, %rcx
	mov %r9, %r8
	mov 16(%rsp), %r9
	movabs $0x3000000048, %rax
	call *(%rax)
__cp_end:
	pop %rdx
	ret
__cp_cancel:
	pop %rdx
	jmp __cancel
