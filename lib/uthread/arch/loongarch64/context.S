/* context.S (loongarch64). Contract: lib/uthread/context.h. */
#include <syscall_numbers.h>

    .text
    .globl uthread_switch, uthread_on_stack, uthread_entry

    .macro each_word what
    \what $ra, $sp, 0
    \what $fp, $sp, 8
    \what $s0, $sp, 16
    \what $s1, $sp, 24
    \what $s2, $sp, 32
    \what $s3, $sp, 40
    \what $s4, $sp, 48
    \what $s5, $sp, 56
    \what $s6, $sp, 64
    \what $s7, $sp, 72
    \what $s8, $sp, 80
    .endm

uthread_switch:
    addi.d $sp, $sp, -96
    each_word st.d
    st.d $sp, $a0, 0
    move $sp, $a1
    each_word ld.d
    addi.d $sp, $sp, 96
    jr $ra

uthread_on_stack:
    addi.d $sp, $sp, -16
    st.d $ra, $sp, 8
    st.d $fp, $sp, 0
    move $fp, $sp
    move $sp, $a0
    move $a0, $a2
    jirl $ra, $a1, 0
    move $sp, $fp
    ld.d $fp, $sp, 0
    ld.d $ra, $sp, 8
    addi.d $sp, $sp, 16
    jr $ra

uthread_entry:
    move $fp, $zero
    bl uthread_upcall
    ori $a7, $zero, SYS_PROCESSORS_RESUME
    syscall 0
    break 0
