/* clone.s: as a call of the runtime (see src/internal/syscall_arch.h): the child returns from it on its own stack.
   __clone(func, stack, flags, arg, ptid, tls, ctid) -> entry(SYS_clone, flags, stack, ptid, tls, ctid) */
.set noreorder
.global __clone
.hidden __clone
.type __clone, @function
__clone:
	daddiu $sp, $sp, -16
	sd $ra, 8($sp)
	and $5, $5, -16
	dsubu $5, $5, 16
	sd $4, 0($5)			/* for the child: func, arg */
	sd $7, 8($5)
	move $7, $8			/* ptid */
	move $8, $9			/* tls */
	move $9, $10			/* ctid */
	move $2, $6
	move $6, $5			/* stack */
	move $5, $2			/* flags */
	li $4, 5055
	dli $25, 0x3000000040
	ld $25, 0($25)
	jalr $25
	nop
	beqz $2, 1f
	ld $ra, 8($sp)
	jr $ra
	daddiu $sp, $sp, 16
1:	ld $25, 0($sp)
	ld $4, 8($sp)
	jalr $25
	nop
	move $5, $2
	li $4, 5058
	dli $25, 0x3000000040
	ld $25, 0($25)
	jalr $25
	nop
