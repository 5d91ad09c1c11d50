/* riscv64.S: see machine.h. */
    .option arch, +d
#define GENERAL G(2) G(3) G(4) G(5) G(6) G(7) G(8) G(9) G(10) G(11)
#define S(n) s##n
#define FLOAT F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)

    .text
    .globl machine_spin
    .type machine_spin, @function
machine_spin:
    addi sp, sp, -96
#define G(n) sd S(n), 8 * (n - 2)(sp);
    GENERAL
#undef G
#define G(n) addi S(n), a0, n;
    GENERAL
#undef G
    addi a4, a0, 1000
    addi t3, a0, 1001
    mv a3, tp
#define F(n) addi t0, a0, n; fmv.d.x f##n, t0;
    FLOAT
#undef F
1:
#define G(n) addi t0, a0, n; bne t0, S(n), 2f;
    GENERAL
#undef G
    addi t0, a0, 1000
    bne t0, a4, 2f
    addi t0, a0, 1001
    bne t0, t3, 2f
    bne a3, tp, 2f
#define F(n) addi t0, a0, n; fmv.x.d t1, f##n; bne t0, t1, 2f;
    FLOAT
#undef F
    addi a1, a1, -1
    bnez a1, 1b
    li a0, 0
    j 3f
2:  li a0, 1
3:
#define G(n) ld S(n), 8 * (n - 2)(sp);
    GENERAL
#undef G
    addi sp, sp, 96
    ret
    .size machine_spin, . - machine_spin

    .globl machine_one, machine_one_end, machine_two, machine_two_end
machine_one:
    li a0, 1
    ret
machine_one_end:
machine_two:
    li a0, 2
    ret
machine_two_end:

    .globl machine_tls_stays
    .type machine_tls_stays, @function
machine_tls_stays:
    li a0, 1
    ret
    .size machine_tls_stays, . - machine_tls_stays
