/* vfork.s: fork, as a call of the runtime: a child that returned from here on its parent's stack would overwrite what this needs. */
.global vfork
.type vfork, @function
vfork:
	addi sp, sp, -16
	sd ra, 8(sp)
	li a0, 220		# clone
	li a1, 17		# SIGCHLD
	li a2, 0
	li t0, 0x3000000040
	ld t0, 0(t0)
	jalr t0
	ld ra, 8(sp)
	addi sp, sp, 16
	.hidden __syscall_ret
	j __syscall_ret
