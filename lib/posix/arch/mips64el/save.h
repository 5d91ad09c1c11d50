/* save.h (mips64el), for assembly: what functions keep and the runtime does not look at, into the frame. $1 = the thread page. */
#ifndef POSIX_SAVE_H
#define POSIX_SAVE_H

.macro save_the_rest
    rdhwr $3, $29
    sd $16, FRAME_R(16)($1)
    sd $17, FRAME_R(17)($1)
    sd $18, FRAME_R(18)($1)
    sd $19, FRAME_R(19)($1)
    sd $20, FRAME_R(20)($1)
    sd $21, FRAME_R(21)($1)
    sd $22, FRAME_R(22)($1)
    sd $23, FRAME_R(23)($1)
    sd $28, FRAME_R(28)($1)
    sd $30, FRAME_R(30)($1)
    sd $3, FRAME_TLS_AT($1)
.endm

#endif
