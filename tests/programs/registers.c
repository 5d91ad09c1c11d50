/* registers.c: system calls leave a program the registers that Linux leaves it: by the short way back, by the long one, after a signal's
 * handler, in parent and child of a fork, when the call begins again after a handler. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* long kept_call(long number, long a, long b, long c, long d, uint64_t *different): the call, with known values in registers that it has to
 * keep; bits of those that changed are in *different. */
long kept_call(long number, long a, long b, long c, long d, uint64_t *different);

#if defined(__x86_64__)
__asm__(".globl kept_call\nkept_call:\n"
        "push %rbx\npush %rbp\npush %r12\npush %r13\npush %r14\npush %r15\npush %r9\n"
        "mov %rdi,%rax\nmov %rsi,%rdi\nmov %rdx,%rsi\nmov %rcx,%rdx\nmov %r8,%r10\n"
        "mov $11,%rbx\nmov $12,%rbp\nmov $13,%r12\nmov $14,%r13\nmov $15,%r14\nmov $16,%r15\nmov $17,%r8\nmov $18,%r9\n"
        "mov %rsp,-128(%rsp)\npush %rdi\npush %rsi\npush %rdx\npush %r10\nsyscall\n"
        "pop %rcx\nxor %r10,%rcx\npop %r11\nxor %rdx,%r11\nor %r11,%rcx\npop %r11\nxor %rsi,%r11\nor %r11,%rcx\npop %r11\nxor %rdi,%r11\nor %r11,%rcx\n"
        "xor $11,%rbx\nor %rbx,%rcx\nxor $12,%rbp\nor %rbp,%rcx\nxor $13,%r12\nor %r12,%rcx\nxor $14,%r13\nor %r13,%rcx\n"
        "xor $15,%r14\nor %r14,%rcx\nxor $16,%r15\nor %r15,%rcx\nxor $17,%r8\nor %r8,%rcx\nxor $18,%r9\nor %r9,%rcx\n"
        "mov -128(%rsp),%r11\nxor %rsp,%r11\nor %r11,%rcx\n"
        "pop %r9\nmov %rcx,(%r9)\npop %r15\npop %r14\npop %r13\npop %r12\npop %rbp\npop %rbx\nret\n");
#elif defined(__aarch64__)
__asm__(".globl kept_call\nkept_call:\n"
        "stp x29,x30,[sp,#-112]!\nstp x19,x20,[sp,#16]\nstp x21,x22,[sp,#32]\nstp x23,x24,[sp,#48]\nstp x25,x26,[sp,#64]\nstp x27,x28,[sp,#80]\nstr x5,[sp,#96]\n"
        "mov x8,x0\nmov x0,x1\nmov x1,x2\nmov x2,x3\nmov x3,x4\n"
        ".irp n,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\nmov x\\n,#(1000+\\n)\n.endr\n"
        "stp x1,x2,[sp,#-32]!\nstp x3,x8,[sp,#16]\nsvc 0\nstr x0,[sp,#-16]!\nmov x0,#0\n"
        ".irp n,4,5,6,7,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30\nsub x\\n,x\\n,#1000\nsub x\\n,x\\n,#\\n\norr x0,x0,x\\n\n.endr\n"
        "ldp x4,x5,[sp,#16]\nldp x6,x7,[sp,#32]\neor x4,x4,x1\norr x0,x0,x4\neor x5,x5,x2\norr x0,x0,x5\neor x6,x6,x3\norr x0,x0,x6\n"
        "eor x7,x7,x8\norr x0,x0,x7\nldr x1,[sp],#48\n"
        "ldr x5,[sp,#96]\nstr x0,[x5]\nmov x0,x1\n"
        "ldp x19,x20,[sp,#16]\nldp x21,x22,[sp,#32]\nldp x23,x24,[sp,#48]\nldp x25,x26,[sp,#64]\nldp x27,x28,[sp,#80]\nldp x29,x30,[sp],#112\nret\n");
#elif defined(__riscv)
__asm__(".globl kept_call\nkept_call:\n"
        "addi sp,sp,-176\n.irp n,0,1,2,3,4,5,6,7,8,9,10,11\nsd s\\n,(8*\\n)(sp)\n.endr\nsd ra,96(sp)\nsd a5,104(sp)\nsd gp,112(sp)\nsd tp,120(sp)\n"
        "mv a7,a0\nmv a0,a1\nmv a1,a2\nmv a2,a3\nmv a3,a4\nsd a1,128(sp)\nsd a2,136(sp)\nsd a3,144(sp)\nsd a7,152(sp)\n"
        ".irp n,1,3,5,6,7,8,9,14,15,16,18,19,20,21,22,23,24,25,26,27,28,29,30,31\nli x\\n,1000+\\n\n.endr\n"
        "ecall\nsd a0,160(sp)\nli a0,0\n"
        ".irp n,1,3,5,6,7,8,9,14,15,16,18,19,20,21,22,23,24,25,26,27,28,29,30,31\naddi x\\n,x\\n,-(1000+\\n)\nor a0,a0,x\\n\n.endr\n"
        "ld t0,128(sp)\nxor t0,t0,a1\nor a0,a0,t0\nld t0,136(sp)\nxor t0,t0,a2\nor a0,a0,t0\nld t0,144(sp)\nxor t0,t0,a3\nor a0,a0,t0\n"
        "ld t0,152(sp)\nxor t0,t0,a7\nor a0,a0,t0\nld t0,120(sp)\nxor t0,t0,tp\nor a0,a0,t0\n"
        "ld gp,112(sp)\nld a5,104(sp)\nsd a0,0(a5)\nld a0,160(sp)\nld ra,96(sp)\n.irp n,0,1,2,3,4,5,6,7,8,9,10,11\nld s\\n,(8*\\n)(sp)\n.endr\naddi sp,sp,176\nret\n");
#elif defined(__loongarch64)
__asm__(".globl kept_call\nkept_call:\n"
        "addi.d $sp,$sp,-176\n.irp n,22,23,24,25,26,27,28,29,30,31\nst.d $r\\n,$sp,(8*(\\n-22))\n.endr\nst.d $ra,$sp,80\nst.d $a5,$sp,88\nst.d $r21,$sp,96\nst.d $tp,$sp,104\n"
        "move $a7,$a0\nmove $a0,$a1\nmove $a1,$a2\nmove $a2,$a3\nmove $a3,$a4\nst.d $a1,$sp,112\nst.d $a2,$sp,120\nst.d $a3,$sp,128\nst.d $a7,$sp,136\n"
        ".irp n,1,8,9,10,21,22,23,24,25,26,27,28,29,30,31\naddi.d $r\\n,$zero,1000+\\n\n.endr\n"
        "syscall 0\nst.d $a0,$sp,144\nmove $a0,$zero\n"
        ".irp n,1,8,9,10,21,22,23,24,25,26,27,28,29,30,31\naddi.d $r\\n,$r\\n,-(1000+\\n)\nor $a0,$a0,$r\\n\n.endr\n"
        "ld.d $t0,$sp,112\nxor $t0,$t0,$a1\nor $a0,$a0,$t0\nld.d $t0,$sp,120\nxor $t0,$t0,$a2\nor $a0,$a0,$t0\nld.d $t0,$sp,128\nxor $t0,$t0,$a3\nor $a0,$a0,$t0\n"
        "ld.d $t0,$sp,136\nxor $t0,$t0,$a7\nor $a0,$a0,$t0\nld.d $t0,$sp,104\nxor $t0,$t0,$tp\nor $a0,$a0,$t0\n"
        "ld.d $r21,$sp,96\nld.d $a5,$sp,88\nst.d $a0,$a5,0\nld.d $a0,$sp,144\nld.d $ra,$sp,80\n.irp n,22,23,24,25,26,27,28,29,30,31\nld.d $r\\n,$sp,(8*(\\n-22))\n.endr\naddi.d $sp,$sp,176\nret\n");
#elif defined(__mips__)
__asm__(".set push\n.set noreorder\n.set noat\n.globl kept_call\n.type kept_call,@function\nkept_call:\n"
        "daddiu $29,$29,-192\n.irp n,16,17,18,19,20,21,22,23\nsd $\\n,(8*(\\n-16))($29)\n.endr\nsd $28,64($29)\nsd $30,72($29)\nsd $31,80($29)\nsd $9,88($29)\n"
        "move $2,$4\nmove $4,$5\nmove $5,$6\nmove $6,$7\nmove $7,$8\nsd $4,96($29)\nsd $5,104($29)\nsd $6,112($29)\n"
        ".irp n,8,9,16,17,18,19,20,21,22,23,25,28,30,31\ndaddiu $\\n,$0,1000+\\n\n.endr\n"
        "syscall\nbnez $7,1f\nnop\nb 2f\nnop\n1: dnegu $2,$2\n2: move $3,$0\n"
        ".irp n,8,9,16,17,18,19,20,21,22,23,25,28,30,31\ndaddiu $\\n,$\\n,-(1000+\\n)\nor $3,$3,$\\n\n.endr\n"
        "ld $8,96($29)\nxor $8,$8,$4\nor $3,$3,$8\nld $8,104($29)\nxor $8,$8,$5\nor $3,$3,$8\nld $8,112($29)\nxor $8,$8,$6\nor $3,$3,$8\n"
        "ld $9,88($29)\nsd $3,0($9)\n.irp n,16,17,18,19,20,21,22,23\nld $\\n,(8*(\\n-16))($29)\n.endr\nld $28,64($29)\nld $30,72($29)\nld $31,80($29)\njr $31\ndaddiu $29,$29,192\n.set pop\n");
#endif

static volatile sig_atomic_t handled;
static int feed = -1;

static void handler(int)
{
    volatile double sum = 0;
    for (int i = 0; i < 100; i++)
        sum += i;
    handled++;
    if (feed >= 0)
        (void)!write(feed, "x", 1);
}

static void say(const char *what, long result, long expected, uint64_t different)
{
    printf("%s: %s%s\n", what, result == expected ? "ok" : "wrong result", different ? ", registers changed" : "");
    fflush(stdout);
}

static void handle(int flags)
{
    struct sigaction action = {.sa_handler = handler, .sa_flags = flags};
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGALRM, &action, NULL);
}

/* Every 20 ms: one that comes before the call has begun is not the last. 0: no more. */
static void alarms(long us)
{
    struct itimerval often = {.it_value.tv_usec = us, .it_interval.tv_usec = us};
    setitimer(ITIMER_REAL, &often, NULL);
}

int main(void)
{
    uint64_t different = 0, all = 0;
    long result = 0, parent = getppid();
    for (int i = 0; i < 1000; i++) {
        result |= kept_call(SYS_getppid, i, -i, 3, 4, &different) ^ parent;
        all |= different;
    }
    say("short", result, 0, all);

    say("unknown", kept_call(5999, 1, 2, 3, 4, &different), -ENOSYS, different);
    char missing[] = "/missing", *none[] = {NULL};
    say("failed execve", kept_call(SYS_execve, (long)missing, (long)none, (long)none, 4, &different), -ENOENT, different);

    handle(SA_RESTART);
    say("handler", kept_call(SYS_kill, getpid(), SIGUSR1, 3, 4, &different), 0, different);

    struct timespec second = {.tv_sec = 1};
    alarms(20000);
    say("interrupted", kept_call(SYS_nanosleep, (long)&second, 0, 3, 4, &different), -EINTR, different);

    int ends[2];
    char byte;
    (void)!pipe(ends);
    feed = ends[1];
    alarms(20000);
    say("begun again", kept_call(SYS_read, ends[0], (long)&byte, 1, 4, &different), 1, different);
    alarms(0);
    feed = -1;

    all = 0;
    int before = handled;
    alarms(100);
    result = 0;
    for (int i = 0; i < 2000000 && handled < before + 50; i++) {
        result |= kept_call(SYS_getppid, i, -i, 3, 4, &different) ^ parent;
        all |= different;
    }
    alarms(0);
    say("many signals", result, 0, all | (handled < before + 50));

    long child = kept_call(SYS_clone, SIGCHLD, 0, 0, 0, &different);
    if (child == 0) {
        say("child", 0, 0, different);
        _exit(0);
    }
    int status = 1;
    waitpid((pid_t)child, &status, 0);
    say("parent", status, 0, different);
}
