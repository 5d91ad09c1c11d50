/* aarch64.S: see machine.h. */
    .arch_extension fp
#define GENERAL G(2) G(3) G(4) G(5) G(6) G(7) G(8) G(12) G(13) G(14) G(15) G(16) G(17) G(18) G(19) G(20) G(21) G(22) G(23) G(24) G(25) G(26) \
    G(27) G(28)
#define FLOAT F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)

    .text
    .globl machine_spin
    .type machine_spin, @function
machine_spin:
    stp x18, x19, [sp, -96]!
    stp x20, x21, [sp, 16]
    stp x22, x23, [sp, 32]
    stp x24, x25, [sp, 48]
    stp x26, x27, [sp, 64]
    str x28, [sp, 80]
#define G(n) add x##n, x0, n;
    GENERAL
#undef G
#define F(n) add x9, x0, n; add x10, x0, n + 100; fmov d##n, x9; fmov v##n.d[1], x10;
    FLOAT
#undef F
1:
#define G(n) add x9, x0, n; cmp x9, x##n; b.ne 2f;
    GENERAL
#undef G
#define F(n) add x9, x0, n; fmov x10, d##n; cmp x9, x10; b.ne 2f; add x9, x0, n + 100; fmov x10, v##n.d[1]; cmp x9, x10; b.ne 2f;
    FLOAT
#undef F
    subs x1, x1, 1
    b.ne 1b
    mov x0, 0
    b 3f
2:  mov x0, 1
3:  ldp x20, x21, [sp, 16]
    ldp x22, x23, [sp, 32]
    ldp x24, x25, [sp, 48]
    ldp x26, x27, [sp, 64]
    ldr x28, [sp, 80]
    ldp x18, x19, [sp], 96
    ret
    .size machine_spin, . - machine_spin

    .globl machine_one, machine_one_end, machine_two, machine_two_end
machine_one:
    mov x0, 1
    ret
machine_one_end:
machine_two:
    mov x0, 2
    ret
machine_two_end:

    .globl machine_tls_stays
    .type machine_tls_stays, @function
machine_tls_stays:
    stp x29, x30, [sp, -32]!
    mrs x2, tpidr_el0
    stp x0, x2, [sp, 16]
    msr tpidr_el0, x0
    blr x1
    mrs x2, tpidr_el0
    ldp x0, x1, [sp, 16]
    msr tpidr_el0, x1
    cmp x0, x2
    cset w0, eq
    ldp x29, x30, [sp], 32
    ret
    .size machine_tls_stays, . - machine_tls_stays
