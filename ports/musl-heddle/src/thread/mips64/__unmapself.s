/* __unmapself.s: two calls of the runtime, which needs no stack of ours. Signals are blocked. */
.set noreorder
.global __unmapself
.type __unmapself, @function
__unmapself:
	move $6, $5
	move $5, $4
	li $4, 5011
	dli $25, 0x3000000040
	ld $25, 0($25)
	jalr $25
	nop
	move $5, $0
	li $4, 5058
	dli $25, 0x3000000040
	ld $25, 0($25)
	jalr $25
	nop
