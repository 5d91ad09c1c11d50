/* x86_64.S: see machine.h. */
#define GENERAL G(rbx, 1) G(rbp, 2) G(r8, 3) G(r9, 4) G(r10, 5) G(r11, 6) G(r12, 7) G(r13, 8) G(r14, 9) G(r15, 10) G(rdx, 11)
#define FLOAT F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15)

    .text
    .globl machine_spin
    .type machine_spin, @function
machine_spin:
    push %rbx
    push %rbp
    push %r12
    push %r13
    push %r14
    push %r15
#define G(name, n) lea n(%rdi), %name;
    GENERAL
#undef G
#define F(n) lea 100 + n(%rdi), %rax; movq %rax, %xmm##n;
    FLOAT
#undef F
1:
#define G(name, n) lea n(%rdi), %rax; cmp %rax, %name; jne 2f;
    GENERAL
#undef G
#define F(n) lea 100 + n(%rdi), %rax; movq %xmm##n, %rcx; cmp %rax, %rcx; jne 2f;
    FLOAT
#undef F
    dec %rsi
    jnz 1b
    xor %eax, %eax
    jmp 3f
2:  mov $1, %eax
3:  pop %r15
    pop %r14
    pop %r13
    pop %r12
    pop %rbp
    pop %rbx
    ret
    .size machine_spin, . - machine_spin

    .globl machine_one, machine_one_end, machine_two, machine_two_end
machine_one:
    mov $1, %eax
    ret
machine_one_end:
machine_two:
    mov $2, %eax
    ret
machine_two_end:

    .globl machine_tls_stays
    .type machine_tls_stays, @function
machine_tls_stays:
    push %rbx
    push %r12
    push %r13
    mov %rsi, %r12
    mov $7, %eax
    xor %ecx, %ecx
    cpuid
    mov $1, %eax
    test $1, %bl /* may programs set the FS base? */
    jz 1f
    rdfsbase %r13
    wrfsbase %rdi
    mov %rdi, %rbx
    call *%r12
    rdfsbase %rcx
    wrfsbase %r13
    xor %eax, %eax
    cmp %rbx, %rcx
    sete %al
1:  pop %r13
    pop %r12
    pop %rbx
    ret
    .size machine_tls_stays, . - machine_tls_stays
