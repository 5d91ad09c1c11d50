/* control.c: ioctl: which requests carry data, and which the runtime answers itself. */
#include "control.h"
#include "descriptor.h"
#include "native.h"
#include "open.h"
#include "signal.h"
#include "user.h"
#include <file.h>

#define CLOSE_ON_EXEC_SET 0x5451u
#define CLOSE_ON_EXEC_CLEAR 0x5450u
#define NON_BLOCKING 0x5421u
#define TERMIOS_SIZE 36u
#define TERMIO_SIZE 18u
#define WINDOW_SIZE 8u

/* The old requests, whose numbers say nothing about their data. */
static const struct {
    uint32_t request;
    uint16_t input, output;
} plain[] = {
    {0x5401, 0, TERMIOS_SIZE}, /* TCGETS */
    {0x5402, TERMIOS_SIZE, 0}, {0x5403, TERMIOS_SIZE, 0}, {0x5404, TERMIOS_SIZE, 0},
    {0x5405, 0, TERMIO_SIZE}, /* TCGETA */
    {0x5406, TERMIO_SIZE, 0}, {0x5407, TERMIO_SIZE, 0}, {0x5408, TERMIO_SIZE, 0},
    {0x5409, 0, 0}, /* TCSBRK */
    {0x540a, 0, 0}, /* TCXONC */
    {0x540b, 0, 0}, /* TCFLSH */
    {0x540c, 0, 0}, {0x540d, 0, 0}, {0x540e, 0, 0}, /* TIOCEXCL, TIOCNXCL, TIOCSCTTY */
    {0x540f, 0, 4}, {0x5410, 4, 0}, /* TIOCGPGRP, TIOCSPGRP */
    {0x5411, 0, 4}, /* TIOCOUTQ */
    {0x5412, 1, 0}, /* TIOCSTI */
    {0x5413, 0, WINDOW_SIZE}, {0x5414, WINDOW_SIZE, 0},
    {0x5415, 0, 4}, {0x5416, 4, 0}, {0x5417, 4, 0}, {0x5418, 4, 0}, /* modem lines */
    {0x541b, 0, 4}, /* FIONREAD */
    {0x541d, 0, 0}, /* TIOCCONS */
    {0x5422, 0, 0}, /* TIOCNOTTY */
    {0x5423, 4, 0}, {0x5424, 0, 4}, /* TIOCSETD, TIOCGETD */
    {0x5425, 0, 0}, {0x5427, 0, 0}, {0x5428, 0, 0}, /* TCSBRKP, TIOCSBRK, TIOCCBRK */
    {0x5429, 0, 4}, /* TIOCGSID */
    {0x125e, 0, 4}, {0x1260, 0, 8}, {0x1261, 0, 0}, {0x1268, 0, 4}, /* BLKROGET, BLKGETSIZE, BLKFLSBUF, BLKSSZGET */
    {0x1277, 16, 0}, {0x127b, 0, 4}, /* BLKDISCARD, BLKPBSZGET */
};

struct control_span control_span(uint32_t request)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(plain); i++)
        if (plain[i].request == request)
            return (struct control_span){plain[i].input, plain[i].output, true};
    uint32_t direction = request >> 30, size = request >> 16 & 0x3fff;
    if (!direction || !size)
        return (struct control_span){};
    return (struct control_span){direction & 1 ? (uint16_t)size : 0, direction & 2 ? (uint16_t)size : 0, true};
}

/* Those that wait until output has left. Nothing else does, so a signal waits for it: programs do not expect EINTR there. */
static bool control_waits(uint32_t request)
{
    switch (request) {
    case 0x5403: case 0x5404: case 0x5407: case 0x5408: /* TCSETSW, TCSETSF, TCSETAW, TCSETAF */
    case 0x5409: case 0x5425:                           /* TCSBRK, TCSBRKP */
    case 0x402c542c: case 0x402c542d:                   /* TCSETSW2, TCSETSF2 */
        return true;
    default:
        return false;
    }
}

static enum status control_once(struct posix_thread *self, cap_t object, uint64_t request, uint64_t argument, const void *input, void *output, uint64_t *result)
{
    struct control_span span = control_span((uint32_t)request);
    self->interruptible = control_waits((uint32_t)request);
    enum status status = file_control(object, request | FILE_CALLER(PROCESS->group), argument, input, span.input, output, span.output, result);
    self->interruptible = false;
    return status;
}

long control_call(struct posix_thread *self, int number, uint32_t request, uint64_t argument, const void *input, void *output)
{
    cap_t object = descriptor_object(number);
    uint64_t result = 0, asked = request;
    if (object == CAP_NULL)
        return -EBADF;
    if (signal_unwanted(self, SIGTTOU))
        asked |= FILE_CONTROL_ANYWAY;
    for (;;) {
        enum status status = control_once(self, object, asked, argument, input, output, &result);
        if (status == STATUS_OK)
            return (long)result;
        if (status == STATUS_INTERRUPTED) {
            if (signal_collect(self))
                return RESULT_RESTART;
        } else if (status == STATUS_BACKGROUND) {
            if (asked & FILE_CONTROL_ANYWAY)
                return -EIO;
            long background = signal_background(self, SIGTTOU);
            if (background)
                return background;
        } else {
            return status == STATUS_NOT_SUPPORTED ? -ENOTTY : errno_of(status);
        }
    }
}

static long set_flag(int number, uint64_t argument, unsigned flag)
{
    int on;
    uint64_t now;
    cap_t object = descriptor_object(number);
    if (USER_READ(on, (const void *)argument) < 0)
        return -EFAULT;
    enum status status = file_set_flags(object, UINT64_MAX, &now);
    if (status == STATUS_OK)
        status = file_set_flags(object, on ? now | flag : now & ~(uint64_t)flag, &now);
    return errno_of(status);
}

long posix_ioctl(struct posix_thread *self, int number, uint32_t request, uint64_t argument)
{
    struct descriptor *descriptor = descriptor_find(number);
    struct control_span span = control_span(request);
    if (!descriptor || descriptor->flags & DESCRIPTOR_PATH_ONLY)
        return -EBADF;
    switch (request) {
    case CLOSE_ON_EXEC_SET: return posix_fcntl(self, number, 2, 1);
    case CLOSE_ON_EXEC_CLEAR: return posix_fcntl(self, number, 2, 0);
    case NON_BLOCKING: return set_flag(number, argument, OPEN_NONBLOCK);
    }
    if (!span.known || descriptor->kind == KIND_DIRECTORY)
        return -ENOTTY;
    if (!user_range((void *)argument, span.input) || !user_range((void *)argument, span.output))
        return -EFAULT;
    return control_call(self, number, request, argument, (const void *)argument, (void *)argument);
}
