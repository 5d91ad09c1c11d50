/* loongarch64.S: see machine.h. */
#define GENERAL G(0) G(1) G(2) G(3) G(4) G(5) G(6) G(7) G(8)
#define FLOAT F(0) F(1) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) \
    F(16) F(17) F(18) F(19) F(20) F(21) F(22) F(23) F(24) F(25) F(26) F(27) F(28) F(29) F(30) F(31)

    .text
    .globl machine_spin
    .type machine_spin, @function
machine_spin:
    addi.d $sp, $sp, -80
#define G(n) st.d $s##n, $sp, 8 * n;
    GENERAL
#undef G
#define G(n) addi.d $s##n, $a0, n;
    GENERAL
#undef G
    addi.d $a4, $a0, 1000
    addi.d $t8, $a0, 1001
#define F(n) addi.d $t0, $a0, n; movgr2fr.d $f##n, $t0;
    FLOAT
#undef F
1:
#define G(n) addi.d $t0, $a0, n; bne $t0, $s##n, 2f;
    GENERAL
#undef G
    addi.d $t0, $a0, 1000
    bne $t0, $a4, 2f
    addi.d $t0, $a0, 1001
    bne $t0, $t8, 2f
#define F(n) addi.d $t0, $a0, n; movfr2gr.d $t1, $f##n; bne $t0, $t1, 2f;
    FLOAT
#undef F
    addi.d $a1, $a1, -1
    bnez $a1, 1b
    move $a0, $zero
    b 3f
2:  ori $a0, $zero, 1
3:
#define G(n) ld.d $s##n, $sp, 8 * n;
    GENERAL
#undef G
    addi.d $sp, $sp, 80
    ret
    .size machine_spin, . - machine_spin

    .globl machine_one, machine_one_end, machine_two, machine_two_end
machine_one:
    ori $a0, $zero, 1
    ret
machine_one_end:
machine_two:
    ori $a0, $zero, 2
    ret
machine_two_end:

    .globl machine_tls_stays
    .type machine_tls_stays, @function
machine_tls_stays:
    ori $a0, $zero, 1
    ret
    .size machine_tls_stays, . - machine_tls_stays
