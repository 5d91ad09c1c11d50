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
	addi sp, sp, -16
	sd ra, 8(sp)
__cp_begin:
	lw t0, 0(a0)
	bnez t0, __cp_cancel
	mv a0, a1
	mv a1, a2
	mv a2, a3
	mv a3, a4
	mv a4, a5
	mv a5, a6
	mv a6, a7
	li t0, 0x3000000048
	ld t0, 0(t0)
	jalr t0
__cp_end:
	ld ra, 8(sp)
	addi sp, sp, 16
	ret
__cp_cancel:
	ld ra, 8(sp)
	addi sp, sp, 16
	tail __cancel
