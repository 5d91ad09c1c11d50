/* clone.s: as a call of the runtime (see src/internal/syscall_arch.h): the child returns from it on its own stack.
   __clone(func, stack, flags, arg, ptid, tls, ctid) -> entry(SYS_clone, flags, stack, ptid, ctid, tls) */
.text
.global __clone
.hidden __clone
.type __clone, @function
__clone:
	and $-16, %rsi
	sub $16, %rsi
	mov %rdi, 8(%rsi)		/* for the child: arg, func */
	mov %rcx, (%rsi)
	mov %r8, %rcx			/* ptid */
	mov 8(%rsp), %r8		/* ctid */
	mov %edx, %eax
	mov %rsi, %rdx			/* stack */
	mov %rax, %rsi			/* flags */
	mov $56, %edi			/* r9 = tls */
	movabs $0x3000000040, %rax
	push %rbx			/* aligns the stack */
	call *(%rax)
	test %eax, %eax
	jz 1f
	pop %rbx
	ret
1:	xor %ebp, %ebp
	pop %rdi
	pop %rax
	call *%rax
	mov %eax, %esi
	mov $60, %edi
	movabs $0x3000000040, %rax
	call *(%rax)
	hlt
