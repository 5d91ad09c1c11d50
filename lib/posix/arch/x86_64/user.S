/* user.S (x86-64): reading and writing the program's memory, where a fault is the program's mistake. While they work, *recover (in the thread
 * page) says where a fault goes on; they use no stack, so nothing has to be undone. */
    .text
    .globl machine_copy, machine_string_length
    .hidden machine_copy, machine_string_length

/* long machine_copy(void *to, const void *from, size_t length, uint64_t *recover): 0, or -1 after a fault */
machine_copy:
    lea faulted(%rip), %rax
    mov %rax, (%rcx)
    mov %rcx, %r8
    mov %rdx, %rcx
    shr $3, %rcx
    rep movsq
    mov %edx, %ecx
    and $7, %ecx
    rep movsb
    movq $0, (%r8)
    xor %eax, %eax
    ret

/* long machine_string_length(const char *string, size_t limit, uint64_t *recover): `limit` when it is not shorter; -1 after a fault */
machine_string_length:
    lea faulted(%rip), %rax
    mov %rax, (%rdx)
    xor %eax, %eax
1:  cmp %rsi, %rax
    je 2f
    cmpb $0, (%rdi, %rax)
    je 2f
    inc %rax
    jmp 1b
2:  movq $0, (%rdx)
    ret

faulted:
    mov $-1, %rax
    ret
