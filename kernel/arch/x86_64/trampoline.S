/* trampoline.S: where a CPU starts: real mode, cs = page / 16, ip = 0. Copied to TRAMPOLINE, so it addresses itself by cs and then by the
 * page's physical address. Goes straight to 64-bit mode. */
#include <offsets.h>

#define AT(symbol) ((symbol) - trampoline_start)
#define PHYSICAL 0x8000 /* TRAMPOLINE of smp.h, asserted below by use: cs << 4 */

    .section .rodata.trampoline, "a"
    .globl trampoline_start, trampoline_end, trampoline_data
    .p2align 4
    .code16
trampoline_start:
    cli
    cld
    mov %cs, %ax
    mov %ax, %ds
    mov $0x20, %eax /* CR4.PAE */
    mov %eax, %cr4
    mov AT(trampoline_data), %eax
    mov %eax, %cr3
    mov $0xc0000080, %ecx
    xor %edx, %edx
    mov AT(trampoline_data + 4), %eax
    wrmsr
    lgdtl AT(gdt_pointer)
    mov $0x80000001, %eax /* PG, PE */
    mov %eax, %cr0
    ljmpl $KERNEL_CS, $(PHYSICAL + AT(long_mode))

    .code64
long_mode:
    mov $KERNEL_SS, %eax
    mov %eax, %ss
    mov %eax, %ds
    mov %eax, %es
    mov (PHYSICAL + AT(trampoline_data + 8)), %rsp
    mov (PHYSICAL + AT(trampoline_data + 16)), %rdi
    mov (PHYSICAL + AT(trampoline_data + 24)), %rax
    xor %ebp, %ebp
    call *%rax
    ud2

    .p2align 3
gdt:
    .quad 0
    .quad 0x00af9b000000ffff
    .quad 0x00cf93000000ffff
gdt_pointer:
    .word 23
    .long PHYSICAL + AT(gdt)

    .p2align 3
trampoline_data:
    .fill 32
trampoline_end:

    .section .note.GNU-stack, "", @progbits
