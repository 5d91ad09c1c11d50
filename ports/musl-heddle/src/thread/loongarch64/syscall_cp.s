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
	addi.d $sp, $sp, -16
	st.d $ra, $sp, 8
__cp_begin:
	ld.w $t0, $a0, 0
	bnez $t0, __cp_cancel
	move $a0, $a1
	move $a1, $a2
	move $a2, $a3
	move $a3, $a4
	move $a4, $a5
	move $a5, $a6
	move $a6, $a7
	li.d $t0, 0x3000000048
	ld.d $t0, $t0, 0
	jirl $ra, $t0, 0
__cp_end:
	ld.d $ra, $sp, 8
	addi.d $sp, $sp, 16
	ret
__cp_cancel:
	ld.d $ra, $sp, 8
	addi.d $sp, $sp, 16
	la.local $t0, __cancel
	jr $t0
