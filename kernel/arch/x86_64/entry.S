/* entry.S: from user mode to C and back. Every way in fills this_cpu()->current->frame; there is one way out, return_to_user.
 * Interrupts are off throughout; the flags that C needs clear are cleared. */
#include <offsets.h>
#include <syscall_numbers.h>
#include <vectors.h>

/* Write all general registers but rcx and rdi to the frame at rdi. */
.macro save_to_frame
    mov %rax, FRAME_RAX(%rdi)
    mov %rbx, FRAME_RBX(%rdi)
    mov %rcx, FRAME_RCX(%rdi)
    mov %rdx, FRAME_RDX(%rdi)
    mov %rsi, FRAME_RSI(%rdi)
    mov %rbp, FRAME_RBP(%rdi)
    mov %r8, (FRAME_R8_ + 0)(%rdi)
    mov %r9, (FRAME_R8_ + 8)(%rdi)
    mov %r10, (FRAME_R8_ + 16)(%rdi)
    mov %r11, (FRAME_R8_ + 24)(%rdi)
    mov %r12, (FRAME_R8_ + 32)(%rdi)
    mov %r13, (FRAME_R8_ + 40)(%rdi)
    mov %r14, (FRAME_R8_ + 48)(%rdi)
    mov %r15, (FRAME_R8_ + 56)(%rdi)
.endm

    .section .text.entry, "ax"
    .code64

/* Where `syscall` goes: rcx = rip, r11 = rflags, flags masked by SFMASK, all else the program's. Calls from outside the runtime of the
 * thread's task go to the runtime. */
.macro filter foreign
    swapgs
    mov %rsp, %gs:CPU_USER_RSP
    mov %gs:CPU_CURRENT, %rsp
    cmp THREAD_RUNTIME_START(%rsp), %rcx
    jb \foreign
    cmp THREAD_RUNTIME_END(%rsp), %rcx
    ja \foreign
.endm

/* rsp = the thread: a native call into the frame, by pushing from rflags downwards. r13 = the current thread. */
.macro save_native_call
    add $(FRAME_RFLAGS + 8), %rsp
    push %r11
    pushq %gs:CPU_USER_RSP
    push %rcx
    push %r15
    push %r14
    push %r13
    push %r12
    push %r11
    push %r10
    push %r9
    push %r8
    push %rbp
    push %rdi
    push %rsi
    push %rdx
    push %rcx
    push %rbx
    push %rax
    movq $0, FRAME_ERROR(%rsp)
    mov %rsp, %r13
    mov %gs:CPU_STACK_TOP, %rsp
    xor %ebp, %ebp
.endm

/* Without the FSGSBASE instructions. */
    .globl syscall_entry_plain
    .type syscall_entry_plain, @function
    .p2align 4
syscall_entry_plain:
    filter foreign_call_plain
    save_native_call
    call trap_syscall
    jmp return_to_user

    .globl syscall_entry
    .type syscall_entry, @function
    .p2align 4
syscall_entry:
    filter foreign_call
    save_native_call
    cmp $SYS_MESSAGE_CALL, %al
    je message_call
    cmp $SYS_MESSAGE_REPLY_WAIT, %al
    je message_reply_wait
    call trap_syscall

    .globl return_to_user
    .type return_to_user, @function
return_to_user:
    mov %gs:CPU_CURRENT, %rsp
    cmpl $0x7fff, (FRAME_RIP + 4)(%rsp) /* sysret to a non-canonical rip would fault in the kernel, on the user's stack */
    ja 1f
    cmpq $0, FRAME_ERROR(%rsp)
    jne 2f
    pop %rax
    pop %rbx
    pop %rcx
    pop %rdx
    pop %rsi
    pop %rdi
    pop %rbp
    pop %r8
    pop %r9
    pop %r10
    pop %r11
    pop %r12
    pop %r13
    pop %r14
    pop %r15
    pop %rcx
    mov 8(%rsp), %r11
    mov (%rsp), %rsp
    swapgs
    sysretq

1:  /* nothing can be mapped there: fault at the highest canonical user address instead */
    movabs $0x7ffffffffff0, %rax
    mov %rax, FRAME_RIP(%rsp)
2:  mov %rsp, %rdi
    mov %gs:CPU_STACK_TOP, %rsp
    pushq $USER_SS
    pushq FRAME_RSP(%rdi)
    pushq FRAME_RFLAGS(%rdi)
    pushq $USER_CS
    pushq FRAME_RIP(%rdi)
    mov FRAME_RAX(%rdi), %rax
    mov FRAME_RBX(%rdi), %rbx
    mov FRAME_RCX(%rdi), %rcx
    mov FRAME_RDX(%rdi), %rdx
    mov FRAME_RSI(%rdi), %rsi
    mov FRAME_RBP(%rdi), %rbp
    mov (FRAME_R8_ + 0)(%rdi), %r8
    mov (FRAME_R8_ + 8)(%rdi), %r9
    mov (FRAME_R8_ + 16)(%rdi), %r10
    mov (FRAME_R8_ + 24)(%rdi), %r11
    mov (FRAME_R8_ + 32)(%rdi), %r12
    mov (FRAME_R8_ + 40)(%rdi), %r13
    mov (FRAME_R8_ + 48)(%rdi), %r14
    mov (FRAME_R8_ + 56)(%rdi), %r15
    mov FRAME_RDI(%rdi), %rdi
    swapgs
    iretq

message_call:
    mov %gs:CPU_SELF, %r12
    call trap_message_call
    jmp message_return
message_reply_wait:
    mov %gs:CPU_SELF, %r12
    call trap_message_reply_wait
message_return: /* rax = the frame that has label and words */
    mov FRAME_RSI(%rax), %rsi
    mov FRAME_RDX(%rax), %rdx
    mov (FRAME_R8_ + 0)(%rax), %r8
    mov (FRAME_R8_ + 8)(%rax), %r9
    mov (FRAME_R8_ + 16)(%rax), %r10
    mov (FRAME_R8_ + 32)(%rax), %r12
    mov (FRAME_R8_ + 40)(%rax), %r13
    movl $0, kernel_lock(%rip)
    mov %gs:CPU_CURRENT, %rdi
    mov FRAME_RBX(%rdi), %rbx
    mov FRAME_RBP(%rdi), %rbp
    mov (FRAME_R8_ + 48)(%rdi), %r14
    mov (FRAME_R8_ + 56)(%rdi), %r15
    mov FRAME_RIP(%rdi), %rcx
    mov FRAME_RSP(%rdi), %rsp
    mov FRAME_RFLAGS(%rdi), %r11
    mov THREAD_PAGE_ADDRESS(%rdi), %rdi
    swapgs
    wrgsbase %rdi
    xor %eax, %eax
    sysretq
    .size syscall_entry, . - syscall_entry

    .globl arch_return_to_user
    .type arch_return_to_user, @function
arch_return_to_user:
    jmp return_to_user

/* rsp = the thread: on to the runtime's call entry, as abi/arch/x86_64/frame.h says. */
.macro to_runtime fsgsbase
    mov THREAD_PAGE(%rsp), %rsp
    mov %rcx, (PAGE_FRAME + FRAME_RIP)(%rsp)
    mov %r11, (PAGE_FRAME + FRAME_RFLAGS)(%rsp)
    .if \fsgsbase
    rdfsbase %rcx
    .else
    mov %gs:CPU_CURRENT, %rcx
    mov FRAME_FS_BASE(%rcx), %rcx
    .endif
    mov %rcx, (PAGE_FRAME + FRAME_FS_BASE)(%rsp)
    mov %gs:CPU_CURRENT, %rcx
    mov THREAD_CALL_ENTRY(%rcx), %rcx
    mov %gs:CPU_USER_RSP, %rsp
    mov $0x202, %r11d /* interrupts on, all else clear */
    swapgs
    sysretq
.endm
    .type foreign_call, @function
foreign_call:
    to_runtime 1
    .type foreign_call_plain, @function
foreign_call_plain:
    to_runtime 0

/* One stub of 8 bytes for each vector: pushes it and jumps. */
    .globl interrupt_stubs
    .p2align 4
interrupt_stubs:
    .set vector, 0
    .rept 256
    .p2align 3
    .byte 0x6a, vector /* push $vector, sign extended: the handler looks at the low byte */
    .if vector == 8 || (vector >= 10 && vector <= 14) || vector == 17 || vector == 21 || vector == 29 || vector == 30
    jmp trap_with_error
    .else
    jmp trap_without_error
    .endif
    .set vector, vector + 1
    .endr

/* The stack: vector, [error code], rip, cs, rflags, rsp, ss; \e = bytes of error code. */
.macro trap_entry e
    testb $3, (16 + \e)(%rsp)
    jz 1f
    swapgs
    push %rdi
    mov %gs:CPU_CURRENT, %rdi
    save_to_frame
    mov 8(%rsp), %rsi /* vector */
    .if \e
    mov 16(%rsp), %rdx
    .else
    xor %edx, %edx
    .endif
    pop FRAME_RDI(%rdi)
    mov (8 + \e)(%rsp), %rax
    mov %rax, FRAME_RIP(%rdi)
    mov (24 + \e)(%rsp), %rax
    mov %rax, FRAME_RFLAGS(%rdi)
    mov (32 + \e)(%rsp), %rax
    mov %rax, FRAME_RSP(%rdi)
    mov %gs:CPU_STACK_TOP, %rsp
    pushq $2
    popfq /* AC, DF, NT */
    xor %ebp, %ebp
    call trap_from_user
    jmp return_to_user
1:  .if \e == 0
    pushq (%rsp) /* the same layout: vector, error code, ... */
    movq $0, 8(%rsp)
    .endif
    jmp trap_in_kernel
.endm

    .p2align 4
    .type trap_without_error, @function
trap_without_error:
    trap_entry 0

    .p2align 4
    .type trap_with_error, @function
trap_with_error:
    trap_entry 8

/* From kernel mode: an interrupt inside arch_idle, or a bug. The stack: vector, error code, rip, cs, rflags, rsp, ss. */
    .p2align 4
    .type trap_in_kernel, @function
trap_in_kernel:
    push %rbp
    mov %rsp, %rbp
    push %rax
    push %rcx
    push %rdx
    push %rsi
    push %rdi
    push %r8
    push %r9
    push %r10
    push %r11
    mov 8(%rbp), %rdi
    mov 16(%rbp), %rsi
    mov 24(%rbp), %rdx
    mov (%rbp), %rcx
    and $-16, %rsp
    cld
    call trap_from_kernel
    lea -72(%rbp), %rsp
    pop %r11
    pop %r10
    pop %r9
    pop %r8
    pop %rdi
    pop %rsi
    pop %rdx
    pop %rcx
    pop %rax
    pop %rbp
    add $16, %rsp
    iretq

/* Non-maskable: on a stack of its own, GS base may be anything. The word above the saved state is the struct cpu. Never returns. */
.macro fatal_stub name, vector, has_error
    .globl \name
    .type \name, @function
    .p2align 4
\name:
    .if \has_error == 0
    pushq $0
    .endif
    push %rax
    push %rcx
    push %rdx
    mov 72(%rsp), %rax /* above rdx, rcx, rax, error, rip, cs, rflags, rsp, ss */
    mov %rax, %rdx
    shr $32, %rdx
    mov $0xc0000101, %ecx
    wrmsr
    pop %rdx
    pop %rcx
    pop %rax
    pushq $\vector
    jmp trap_in_kernel
.endm
    fatal_stub nmi_stub, 2, 0
    fatal_stub double_fault_stub, 8, 1
    fatal_stub machine_check_stub, 18, 0

    .globl arch_call_on_stack_top
    .type arch_call_on_stack_top, @function
arch_call_on_stack_top:
    mov %gs:CPU_STACK_TOP, %rsp
    xor %ebp, %ebp
    call *%rdi
    ud2

    .section .note.GNU-stack, "", @progbits
