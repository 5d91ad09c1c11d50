/* entry.c: stands in for the runtime under Linux, so that programs built with musl-heddle can be tried there: maps the runtime
   page, puts functions there that make the system call by trapping, and starts the program. clone and rt_sigreturn trap with the
   caller's registers, since one returns twice and the other finds its frame by the stack pointer: TRAPS jumps to `runtime` for the others. */

typedef unsigned long word;

#define PAGE 0x3000000000UL
#define MAP_FIXED_PRIVATE_ANONYMOUS (ARCH_MIPS ? 0x812 : 0x32)

#if defined(__x86_64__)
#define ARCH_MIPS 0
#define SYS_MMAP 9
static long trap(long n, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	__asm__ volatile("syscall" : "+a"(n) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
	return n;
}
#define TRAPS \
	".globl traps\ntraps: cmp $56, %rdi\n je 1f\n cmp $15, %rdi\n jne runtime\n" \
	" add $8, %rsp\n mov $15, %eax\n syscall\n" \
	"1: push %rbx\n mov 8(%rsp), %rbx\n mov %rdi, %rax\n mov %rsi, %rdi\n mov %rdx, %rsi\n mov %rcx, %rdx\n mov %r8, %r10\n mov %r9, %r8\n" \
	" syscall\n test %rax, %rax\n jz 2f\n pop %rbx\n ret\n2: jmp *%rbx\n"
__asm__(".globl entry\nentry: mov %rsp, %rbx\n and $-16, %rsp\n call prepare\n mov %rbx, %rsp\n xor %edx, %edx\n jmp _start\n");
#elif defined(__aarch64__)
#define ARCH_MIPS 0
#define SYS_MMAP 222
static long trap(long n, long a, long b, long c, long d, long e, long f)
{
	register long x8 __asm__("x8") = n;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;
	register long x3 __asm__("x3") = d;
	register long x4 __asm__("x4") = e;
	register long x5 __asm__("x5") = f;
	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
	return x0;
}
#define TRAPS \
	".globl traps\ntraps: cmp x0, #220\n b.eq 1f\n cmp x0, #139\n b.ne runtime\n1: mov x8, x0\n mov x0, x1\n mov x1, x2\n mov x2, x3\n mov x3, x4\n" \
	" mov x4, x5\n mov x5, x6\n svc 0\n ret\n"
__asm__(".globl entry\nentry: bl prepare\n b _start\n");
#elif defined(__riscv)
#define ARCH_MIPS 0
#define SYS_MMAP 222
static long trap(long n, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = n;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;
	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5) : "memory");
	return a0;
}
#define TRAPS \
	".globl traps\ntraps: li t1, 220\n beq a0, t1, 1f\n li t1, 139\n beq a0, t1, 1f\n tail runtime\n1: mv a7, a0\n mv a0, a1\n mv a1, a2\n mv a2, a3\n" \
	" mv a3, a4\n mv a4, a5\n mv a5, a6\n ecall\n ret\n"
__asm__(".globl entry\nentry: call prepare\n tail _start\n");
#elif defined(__loongarch64)
#define ARCH_MIPS 0
#define SYS_MMAP 222
static long trap(long n, long a, long b, long c, long d, long e, long f)
{
	register long a7 __asm__("a7") = n;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;
	register long a3 __asm__("a3") = d;
	register long a4 __asm__("a4") = e;
	register long a5 __asm__("a5") = f;
	__asm__ volatile("syscall 0"
	                 : "+r"(a0)
	                 : "r"(a7), "r"(a1), "r"(a2), "r"(a3), "r"(a4), "r"(a5)
	                 : "$t0", "$t1", "$t2", "$t3", "$t4", "$t5", "$t6", "$t7", "$t8", "memory");
	return a0;
}
#define TRAPS \
	".globl traps\ntraps: ori $t1, $zero, 220\n beq $a0, $t1, 1f\n ori $t1, $zero, 139\n beq $a0, $t1, 1f\n b runtime\n1: move $a7, $a0\n move $a0, $a1\n" \
	" move $a1, $a2\n move $a2, $a3\n move $a3, $a4\n move $a4, $a5\n move $a5, $a6\n syscall 0\n ret\n"
__asm__(".globl entry\nentry: bl prepare\n b _start\n");
#elif defined(__mips64)
#define ARCH_MIPS 1
#define SYS_MMAP 5009
static long trap(long n, long a, long b, long c, long d, long e, long f)
{
	register long r4 __asm__("$4") = a;
	register long r5 __asm__("$5") = b;
	register long r6 __asm__("$6") = c;
	register long r7 __asm__("$7") = d;
	register long r8 __asm__("$8") = e;
	register long r9 __asm__("$9") = f;
	register long r2 __asm__("$2") = n;
	__asm__ volatile("syscall"
	                 : "+r"(r2), "+r"(r7)
	                 : "r"(r4), "r"(r5), "r"(r6), "r"(r8), "r"(r9)
	                 : "$1", "$3", "$10", "$11", "$12", "$13", "$14", "$15", "$24", "$25", "hi", "lo", "memory");
	return r7 && r2 > 0 ? -r2 : r2;
}
#define TRAPS \
	".set push\n.set noreorder\n.set noat\n.globl traps\ntraps: li $2, 5055\n bne $4, $2, 2f\n move $2, $4\n move $4, $5\n move $5, $6\n move $6, $7\n" \
	" move $7, $8\n move $8, $9\n move $9, $10\n syscall\n beqz $7, 1f\n nop\n dnegu $2, $2\n1: jr $31\n nop\n" \
	"2: .cpsetup $25, $12, traps\n dla $25, runtime\n jr $25\n move $gp, $12\n.set pop\n"
__asm__(".globl entry\n.set push\n.set noreorder\nentry: bal 1f\n nop\n1: .cpsetup $31, $16, 1b\n daddiu $sp, $sp, -16\n"
        " dla $25, prepare\n jalr $25\n nop\n daddiu $sp, $sp, 16\n dla $25, _start\n jr $25\n nop\n.set pop\n");
#endif

static long calls;

[[gnu::used]] static long runtime(long n, long a, long b, long c, long d, long e, long f)
{
	__atomic_add_fetch(&calls, 1, __ATOMIC_RELAXED);
	return trap(n, a, b, c, d, e, f);
}

__asm__(TRAPS);
void traps(void);

[[gnu::used]] void prepare(void)
{
	word page = (word)trap(SYS_MMAP, (long)PAGE, 65536, 3, MAP_FIXED_PRIVATE_ANONYMOUS, -1, 0);
	if (page != PAGE)
		__builtin_trap();
	((void (**)(void))PAGE)[8] = traps;
	((void (**)(void))PAGE)[9] = traps;
}

/* How many system calls came through the page. */
long entry_calls(void)
{
	return calls;
}
