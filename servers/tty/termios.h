/* termios.h: terminal settings in Linux's generic layout and numbers (asm-generic/termbits.h, ioctls.h), which the runtime translates for
 * machines with others. */
#ifndef TTY_TERMIOS_H
#define TTY_TERMIOS_H

#include <stdint.h>

#define TERMIOS_CC 19

struct termios { /* TCGETS, TCSETS: the first 36 bytes; TCGETS2, TCSETS2: all */
    uint32_t iflag, oflag, cflag, lflag;
    uint8_t  line;
    uint8_t  cc[TERMIOS_CC];
    uint32_t input_speed, output_speed;
};
#define TERMIOS_SIZE 36u
#define TERMIOS2_SIZE 44u
static_assert(sizeof(struct termios) == TERMIOS2_SIZE);

enum termios_cc : unsigned {
    VINTR = 0, VQUIT = 1, VERASE = 2, VKILL = 3, VEOF = 4, VTIME = 5, VMIN = 6, VSWTC = 7, VSTART = 8, VSTOP = 9, VSUSP = 10, VEOL = 11,
    VREPRINT = 12, VDISCARD = 13, VWERASE = 14, VLNEXT = 15, VEOL2 = 16,
};

/* iflag */
#define IGNBRK 0x0001u
#define ISTRIP 0x0020u
#define INLCR  0x0040u
#define IGNCR  0x0080u
#define ICRNL  0x0100u
#define IUCLC  0x0200u
#define IXON   0x0400u
#define IXANY  0x0800u
#define IXOFF  0x1000u
#define IMAXBEL 0x2000u
#define IUTF8  0x4000u
/* oflag */
#define OPOST  0x01u
#define OLCUC  0x02u
#define ONLCR  0x04u
#define OCRNL  0x08u
#define ONOCR  0x10u
#define ONLRET 0x20u
#define TABDLY 0x1800u
#define XTABS  0x1800u
/* cflag */
#define CS8    0x0030u
#define CREAD  0x0080u
#define HUPCL  0x0400u
#define CLOCAL 0x0800u
#define B115200 0x1002u
#define B38400 0x000fu
/* lflag */
#define ISIG   0x0001u
#define ICANON 0x0002u
#define ECHO   0x0008u
#define ECHOE  0x0010u
#define ECHOK  0x0020u
#define ECHONL 0x0040u
#define NOFLSH 0x0080u
#define TOSTOP 0x0100u
#define ECHOCTL 0x0200u
#define ECHOKE 0x0800u
#define IEXTEN 0x8000u

struct window_size {
    uint16_t rows, columns, width_pixels, height_pixels;
};

enum terminal_control : uint32_t {
    TCGETS = 0x5401, TCSETS = 0x5402, TCSETSW = 0x5403, TCSETSF = 0x5404, TCSBRK = 0x5409, TCXONC = 0x540a, TCFLSH = 0x540b,
    TIOCEXCL = 0x540c, TIOCNXCL = 0x540d, TIOCSCTTY = 0x540e, TIOCGPGRP = 0x540f, TIOCSPGRP = 0x5410, TIOCOUTQ = 0x5411, TIOCSTI = 0x5412,
    TIOCGWINSZ = 0x5413, TIOCSWINSZ = 0x5414, TIOCMGET = 0x5415, TIOCMBIS = 0x5416, TIOCMBIC = 0x5417, TIOCMSET = 0x5418,
    FIONREAD = 0x541b, TIOCNOTTY = 0x5422, TIOCSETD = 0x5423, TIOCGETD = 0x5424, TCSBRKP = 0x5425, TIOCGSID = 0x5429,
    TCGETS2 = 0x802c542a, TCSETS2 = 0x402c542b, TCSETSW2 = 0x402c542c, TCSETSF2 = 0x402c542d,
};

#endif
