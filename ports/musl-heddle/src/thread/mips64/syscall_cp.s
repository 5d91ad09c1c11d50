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
	daddiu $sp, $sp, -16
	sd $ra, 8($sp)
	.cpsetup $25, 0, __syscall_cp_asm	/* keeps the caller's $gp at 0($sp) */
__cp_begin:
	lw $2, 0($4)
	bnez $2, __cp_cancel
	move $4, $5
	move $5, $6
	move $6, $7
	move $7, $8
	move $8, $9
	move $9, $10
	move $10, $11
	dli $25, 0x3000000048
	ld $25, 0($25)
	.set noreorder
	jalr $25
	nop
	.set reorder
__cp_end:
	ld $ra, 8($sp)
	ld $gp, 0($sp)
	daddiu $sp, $sp, 16
	jr $ra
__cp_cancel:
	dla $25, __cancel
	ld $ra, 8($sp)
	ld $gp, 0($sp)
	daddiu $sp, $sp, 16
	jr $25
