/* syscall_arch.h: system calls as calls of the runtime. Laid over musl's src/internal, where it hides the machine's header
   of the same name.

   The runtime page of every process holds, at the address below, the address of the runtime's entry:
       long entry(long number, long a, long b, long c, long d, long e, long f);
   Number, arguments and result (a negated errno where it fails) are those of Linux on the machine. A call with fewer
   arguments leaves the rest unset, as a trap would. What cannot be written in C is in the folders of the machines. */

#define HEDDLE_SYSCALL_ENTRY 0x3000000040UL

/* The machine's header still gives the macros that are not the trap itself. */
#define __syscall0 __trap0
#define __syscall1 __trap1
#define __syscall2 __trap2
#define __syscall3 __trap3
#define __syscall4 __trap4
#define __syscall5 __trap5
#define __syscall6 __trap6
#include <syscall_arch.h>
#undef __syscall0
#undef __syscall1
#undef __syscall2
#undef __syscall3
#undef __syscall4
#undef __syscall5
#undef __syscall6

static inline long __syscall0(long n)
{
	return (*(long (*const *)(long))HEDDLE_SYSCALL_ENTRY)(n);
}

static inline long __syscall1(long n, long a)
{
	return (*(long (*const *)(long, long))HEDDLE_SYSCALL_ENTRY)(n, a);
}

static inline long __syscall2(long n, long a, long b)
{
	return (*(long (*const *)(long, long, long))HEDDLE_SYSCALL_ENTRY)(n, a, b);
}

static inline long __syscall3(long n, long a, long b, long c)
{
	return (*(long (*const *)(long, long, long, long))HEDDLE_SYSCALL_ENTRY)(n, a, b, c);
}

static inline long __syscall4(long n, long a, long b, long c, long d)
{
	return (*(long (*const *)(long, long, long, long, long))HEDDLE_SYSCALL_ENTRY)(n, a, b, c, d);
}

static inline long __syscall5(long n, long a, long b, long c, long d, long e)
{
	return (*(long (*const *)(long, long, long, long, long, long))HEDDLE_SYSCALL_ENTRY)(n, a, b, c, d, e);
}

static inline long __syscall6(long n, long a, long b, long c, long d, long e, long f)
{
	return (*(long (*const *)(long, long, long, long, long, long, long))HEDDLE_SYSCALL_ENTRY)(n, a, b, c, d, e, f);
}
