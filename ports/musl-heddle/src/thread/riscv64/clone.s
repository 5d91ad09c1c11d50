/* clone.s: as a call of the runtime (see src/internal/syscall_arch.h): the child returns from it on its own stack.
   __clone(func, stack, flags, arg, ptid, tls, ctid) -> entry(SYS_clone, flags, stack, ptid, tls, ctid) */
.global __clone
.hidden __clone
.type __clone, %function
__clone:
	addi sp, sp, -16
	sd ra, 8(sp)
	addi a1, a1, -16
	sd a0, 0(a1)			# for the child: func, arg
	sd a3, 8(a1)
	mv a3, a4			# ptid
	mv a4, a5			# tls
	mv a5, a6			# ctid
	mv t0, a2
	mv a2, a1			# stack
	mv a1, t0			# flags
	li a0, 220
	li t0, 0x3000000040
	ld t0, 0(t0)
	jalr t0
	beqz a0, 1f
	ld ra, 8(sp)
	addi sp, sp, 16
	ret
1:	ld a1, 0(sp)
	ld a0, 8(sp)
	jalr a1
	mv a1, a0
	li a0, 93
	li t0, 0x3000000040
	ld t0, 0(t0)
	jalr t0
