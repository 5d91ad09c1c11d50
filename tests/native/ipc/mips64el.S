/* mips64el.S: the ways into the runtime of upcalls.c. A foreign system call comes with the program's registers (abi/arch/mips64el/frame.h). */
#include "upcall_page.h"

    .set noreorder
    .set noat
    .text
    .globl upcall_entry
    .type upcall_entry, @function
    .balign 64
upcall_entry:
    j upcall
    nop
    .org upcall_entry + 64
    .irp n, 2,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,28,29,30,31
    sd $\n, (PAGE_FRAME + 8 * \n)($1)
    .endr
    ld $29, PAGE_UPCALL_STACK($1)
    li $3, 1
    j upcall
    sd $3, PAGE_UPCALL_REASON($1)
    .size upcall_entry, . - upcall_entry
    .section .note.GNU-stack, "", @progbits
