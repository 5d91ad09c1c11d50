/* save.h (loongarch64), for assembly: what functions keep and the runtime does not look at, into the frame. $t0 = the thread page. */
#ifndef POSIX_SAVE_H
#define POSIX_SAVE_H

.macro save_the_rest
    .irp n, 2,21,23,24,25,26,27,28,29,30,31
    st.d $r\n, $t0, FRAME_R(\n)
    .endr
.endm

#endif
