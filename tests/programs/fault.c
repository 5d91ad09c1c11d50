/* fault.c: does each wrong thing with a handler for its signal, and says whether the handler was told what it is on Linux. */
#include "wrong.h"
#include <setjmp.h>
#include <signal.h>

#define KERNEL 0x80 /* SI_KERNEL, which comes without an address */
#define ANYWHERE 1ul
#define FUNCTION 2ul
#define INSTRUCTION 3ul
#define KERNEL_ADDRESS 0xffffffff80100000ul

struct told {
    int signal, code;
    uintptr_t place; /* an address, or one of the above */
};

static const struct expectation {
    const char *way;
    struct told told; /* signal 0: none, there is a result */
} expectations[] = {
    {"jump", {SIGSEGV, SEGV_MAPERR, 0}},
    {"null", {SIGSEGV, SEGV_MAPERR, 0}},
    {"stack", {SIGSEGV, SEGV_MAPERR, ANYWHERE}},
    {"text", {SIGSEGV, SEGV_ACCERR, FUNCTION}},
    {"past", {SIGBUS, BUS_ADRERR, ANYWHERE}},
#if defined(__x86_64__)
    {"kernel", {SIGSEGV, SEGV_MAPERR, KERNEL_ADDRESS}},
    {"privileged", {SIGSEGV, KERNEL, 0}},
    {"trap", {SIGTRAP, KERNEL, 0}},
    {"divide", {SIGFPE, FPE_INTDIV, INSTRUCTION}},
#elif defined(__mips__)
    {"kernel", {SIGBUS, KERNEL, 0}},
    {"privileged", {SIGILL, KERNEL, 0}},
    {"trap", {SIGTRAP, TRAP_BRKPT, ANYWHERE}},
    {"divide", {SIGFPE, FPE_INTDIV, INSTRUCTION}},
#elif defined(__loongarch__)
    {"kernel", {SIGSEGV, SEGV_MAPERR, KERNEL_ADDRESS}},
    {"privileged", {SIGILL, KERNEL, 0}},
    {"trap", {SIGTRAP, TRAP_BRKPT, INSTRUCTION}},
    {"divide", {}},
#else
    {"kernel", {SIGSEGV, SEGV_MAPERR, KERNEL_ADDRESS}},
    {"privileged", {SIGILL, ILL_ILLOPC, INSTRUCTION}},
    {"trap", {SIGTRAP, TRAP_BRKPT, INSTRUCTION}},
    {"divide", {}},
#endif
};

static sigjmp_buf back;
static volatile struct told told;

static void handle(int signal, siginfo_t *info, void *context)
{
    (void)context;
    told.signal = signal;
    told.code = info->si_code;
    told.place = (uintptr_t)info->si_addr;
    siglongjmp(back, 1);
}

static int place_is(uintptr_t wanted)
{
    uintptr_t function = (uintptr_t)wrong, far = told.place > function ? told.place - function : function - told.place;
    switch (wanted) {
    case ANYWHERE: return 1;
    case FUNCTION: return far == 0;
    case INSTRUCTION: return far < 4096;
    default: return told.place == wanted;
    }
}

int main(void)
{
    static const int signals[] = {SIGSEGV, SIGBUS, SIGILL, SIGTRAP, SIGFPE};
    static char stack[65536];
    sigaltstack(&(stack_t){.ss_sp = stack, .ss_size = sizeof stack}, 0);
    for (size_t i = 0; i < sizeof signals / sizeof *signals; i++)
        sigaction(signals[i], &(struct sigaction){.sa_sigaction = handle, .sa_flags = SA_SIGINFO | SA_ONSTACK}, 0);
    for (size_t i = 0; i < sizeof expectations / sizeof *expectations; i++) {
        const struct expectation *e = &expectations[i];
        told.signal = 0;
        if (!sigsetjmp(back, 1))
            (void)wrong(e->way);
        if (told.signal == e->told.signal && (!told.signal || (told.code == e->told.code && place_is(e->told.place))))
            printf("%s: as on Linux\n", e->way);
        else
            printf("%s: signal %d, code %d at %#lx, not signal %d, code %d\n", e->way, told.signal, told.code, (unsigned long)told.place, e->told.signal, e->told.code);
    }
    return 0;
}
