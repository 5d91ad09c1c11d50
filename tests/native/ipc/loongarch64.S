/* loongarch64.S: the ways into the runtime of upcalls.c. A foreign system call comes with the program's registers
 * (abi/arch/loongarch64/frame.h). */
#include "upcall_page.h"

    .text
    .globl upcall_entry
    .type upcall_entry, @function
    .balign 64
upcall_entry:
    b upcall
    .org upcall_entry + 64
    .irp n, 1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,21,22,23,24,25,26,27,28,29,30,31
    st.d $r\n, $t8, PAGE_FRAME + 8 * \n
    .endr
    ld.d $sp, $t8, PAGE_UPCALL_STACK
    ori $t0, $zero, 1
    st.d $t0, $t8, PAGE_UPCALL_REASON
    b upcall
    .size upcall_entry, . - upcall_entry
    .section .note.GNU-stack, "", @progbits
