/* mips_requests.c: calls of mips whose numbers or structures differ from the generic ones. */
#include "mips_requests.h"
#include <control.h>
#include <open.h>
#include <user.h>

#define REQUEST_GET 0x5401u /* generic TCGETS, TCSETS, TCSETSW, TCSETSF */
#define REQUEST_SET_LAST 0x5404u

static long get_termios(struct posix_thread *self, int number, void *user_termios)
{
    struct generic_termios generic;
    struct mips_termios mips;
    long result = control_call(self, number, REQUEST_GET, 0, NULL, &generic);
    if (result < 0)
        return result;
    termios_out(&mips, &generic);
    return user_write(user_termios, &mips, sizeof mips);
}

static long set_termios(struct posix_thread *self, int number, uint32_t request, const void *user_termios)
{
    struct generic_termios generic;
    struct mips_termios mips;
    if (user_read(&mips, user_termios, sizeof mips) < 0)
        return -EFAULT;
    termios_in(&generic, &mips);
    return control_call(self, number, request, 0, &generic, NULL);
}

long linux_ioctl(struct posix_thread *self, int number, uint32_t request, uint64_t argument)
{
    uint32_t generic = ioctl_request_in(request);
    if (generic == REQUEST_GET)
        return get_termios(self, number, (void *)argument);
    if (generic > REQUEST_GET && generic <= REQUEST_SET_LAST)
        return set_termios(self, number, generic, (const void *)argument);
    return posix_ioctl(self, number, generic, argument);
}

long linux_pipe_pair(struct frame *frame, int *)
{
    int pair[2];
    long result = open_pipe(pair, 0);
    if (result < 0)
        return result;
    frame->r[3] = (uint64_t)pair[1];
    return pair[0];
}
