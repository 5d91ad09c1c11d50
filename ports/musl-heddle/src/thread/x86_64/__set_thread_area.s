/* __set_thread_area.s: arch_prctl(ARCH_SET_FS, address) as a call of the runtime. */
.text
.global __set_thread_area
.hidden __set_thread_area
.type __set_thread_area, @function
__set_thread_area:
	mov %rdi, %rdx
	mov $0x1002, %esi
	mov $158, %edi
	movabs $0x3000000040, %rax
	jmp *(%rax)
