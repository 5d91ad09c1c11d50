/* __unmapself.s: two calls of the runtime without a stack that lasts: the lock on the list of threads is held until the thread is gone, so
   this one is nobody else's. Signals are blocked. */
.text
.global __unmapself
.type __unmapself, @function
__unmapself:
	lea last_stack_end(%rip), %rsp
	mov %rsi, %rdx
	mov %rdi, %rsi
	mov $11, %edi
	movabs $0x3000000040, %rax
	call *(%rax)
	xor %esi, %esi
	mov $60, %edi
	movabs $0x3000000040, %rax
	call *(%rax)
	hlt

.bss
	.balign 16
	.skip 64
last_stack_end:
	.skip 16
