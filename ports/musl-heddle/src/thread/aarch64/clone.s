/* clone.s: as a call of the runtime (see src/internal/syscall_arch.h): the child returns from it on its own stack.
   __clone(func, stack, flags, arg, ptid, tls, ctid) -> entry(SYS_clone, flags, stack, ptid, tls, ctid) */
.global __clone
.hidden __clone
.type __clone, %function
__clone:
	stp x29, x30, [sp, #-16]!
	mov x29, sp
	and x1, x1, #-16
	stp x0, x3, [x1, #-16]!		// for the child: func, arg
	mov x3, x4			// ptid
	mov x4, x5			// tls
	mov x5, x6			// ctid
	mov w9, w2
	mov x2, x1			// stack
	mov x1, x9			// flags
	mov x0, #220
	mov x8, #0x40
	movk x8, #0x30, lsl #32
	ldr x8, [x8]
	blr x8
	cbz x0, 1f
	ldp x29, x30, [sp], #16
	ret
1:	mov x29, #0
	mov x30, #0
	ldp x1, x0, [sp], #16
	blr x1
	mov x1, x0
	mov x0, #93
	mov x8, #0x40
	movk x8, #0x30, lsl #32
	ldr x8, [x8]
	blr x8
