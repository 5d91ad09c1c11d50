/* save.h (riscv64), for assembly: what functions keep and the runtime does not look at, into the frame. t0 = the thread page. */
#ifndef POSIX_SAVE_H
#define POSIX_SAVE_H

.macro save_the_rest
    sd gp, FRAME_X(3)(t0)
    sd tp, FRAME_X(4)(t0)
    sd s1, FRAME_X(9)(t0)
    sd s2, FRAME_X(18)(t0)
    sd s3, FRAME_X(19)(t0)
    sd s4, FRAME_X(20)(t0)
    sd s5, FRAME_X(21)(t0)
    sd s6, FRAME_X(22)(t0)
    sd s7, FRAME_X(23)(t0)
    sd s8, FRAME_X(24)(t0)
    sd s9, FRAME_X(25)(t0)
    sd s10, FRAME_X(26)(t0)
    sd s11, FRAME_X(27)(t0)
.endm

#endif
