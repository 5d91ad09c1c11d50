/* clone.s: as a call of the runtime (see src/internal/syscall_arch.h): the child returns from it on its own stack.
   __clone(func, stack, flags, arg, ptid, tls, ctid) -> entry(SYS_clone, flags, stack, ptid, ctid, tls) */
.global __clone
.hidden __clone
.type __clone, @function
__clone:
	addi.d $sp, $sp, -16
	st.d $ra, $sp, 8
	bstrins.d $a1, $zero, 3, 0
	addi.d $a1, $a1, -16
	st.d $a0, $a1, 0		# for the child: func, arg
	st.d $a3, $a1, 8
	move $a3, $a4			# ptid
	move $a4, $a6			# ctid, and tls is where it must be
	move $t0, $a2
	move $a2, $a1			# stack
	move $a1, $t0			# flags
	li.d $a0, 220
	li.d $t0, 0x3000000040
	ld.d $t0, $t0, 0
	jirl $ra, $t0, 0
	beqz $a0, 1f
	ld.d $ra, $sp, 8
	addi.d $sp, $sp, 16
	ret
1:	ld.d $t8, $sp, 0
	ld.d $a0, $sp, 8
	jirl $ra, $t8, 0
	move $a1, $a0
	li.d $a0, 93
	li.d $t0, 0x3000000040
	ld.d $t0, $t0, 0
	jirl $ra, $t0, 0
