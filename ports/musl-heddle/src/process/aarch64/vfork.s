/* vfork.s: fork, as a call of the runtime: a child that returned from here on its parent's stack would overwrite what this needs. */
.global vfork
.type vfork, %function
vfork:
	stp x29, x30, [sp, #-16]!
	mov x29, sp
	mov x0, #220		// clone
	mov x1, #17		// SIGCHLD
	mov x2, #0
	mov x8, #0x40
	movk x8, #0x30, lsl #32
	ldr x8, [x8]
	blr x8
	ldp x29, x30, [sp], #16
	.hidden __syscall_ret
	b __syscall_ret
