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
	stp x29, x30, [sp, #-16]!
	mov x29, sp
__cp_begin:
	ldr w8, [x0]
	cbnz w8, __cp_cancel
	mov x0, x1
	mov x1, x2
	mov x2, x3
	mov x3, x4
	mov x4, x5
	mov x5, x6
	mov x6, x7
	mov x8, #0x48
	movk x8, #0x30, lsl #32
	ldr x8, [x8]
	blr x8
__cp_end:
	ldp x29, x30, [sp], #16
	ret
__cp_cancel:
	ldp x29, x30, [sp], #16
	b __cancel
