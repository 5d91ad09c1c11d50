/* frame.h (host): the registers of a simulated thread, when the portable kernel runs as an ordinary program. */
#ifndef ABI_FRAME_H
#define ABI_FRAME_H
#include <stdint.h>

struct frame {
    uint64_t r[16];
    uint64_t pc, sp, tls;
};

#define FRAME_PC pc
#define FRAME_SP sp
#define FRAME_STATUS r[0]
#define FRAME_NUMBER r[10]
#define FRAME_R0 r[0]
#define FRAME_R1 r[1]
#define FRAME_R2 r[2]
#define FRAME_R3 r[3]
#define FRAME_R4 r[4]
#define FRAME_R5 r[5]
#define FRAME_R6 r[6]
#define FRAME_R7 r[7]
#define FRAME_R8 r[8]
#define FRAME_ARGUMENT r[0]
#define FRAME_TLS tls
#define SYSCALL_INSTRUCTION_BYTES 4
#define UPCALL_CALL_OFFSET 64
#define PAGE_SHIFT 12
#endif
