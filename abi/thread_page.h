/* thread_page.h: the page that a thread and the kernel share. The kernel maps it when it creates the thread, at the address that the
 * creator names, and never lets go of it while the thread lives, so both sides use it without faults.
 * The kernel trusts nothing in it: each field is checked when it is read. */
#ifndef ABI_THREAD_PAGE_H
#define ABI_THREAD_PAGE_H

#include "types.h"
#include <frame.h> /* abi/arch/<isa>/frame.h: struct frame */

#define MESSAGE_WORDS 6
#define MESSAGE_CAPS 4

/* Flags added to the system call number of call, send and reply_wait: which fields of the thread page the kernel reads. */
#define MESSAGE_HAS_CAPS      0x100u  /* send_cap[0..send_cap_count) */
#define MESSAGE_HAS_WINDOWS   0x200u  /* in_*, out_* (call only) */
#define MESSAGE_HAS_DEADLINE  0x400u  /* deadline_ns */
#define MESSAGE_NO_WAIT       0x800u  /* WOULD_BLOCK instead of waiting for a message or for room */
#define MESSAGE_INTERRUPTIBLE 0x1000u /* a posted interrupt ends the wait with INTERRUPTED; a call that was received ends when its server says so */
#define MESSAGE_FLAGS         0x1f00u /* all of these: others are NOT_SUPPORTED */

/* How a capability of a message travels: low bits of send_cap_mode[i]. */
#define SEND_CAP_COPY 0u /* derive one with the same rights for the receiver (needs COPY) */
#define SEND_CAP_MOVE 1u /* the sender's own goes away */

/* Labels of messages that the kernel makes itself; all other labels have bit 63 clear. */
#define LABEL_FACET_GONE     0x8000000000000001ull /* the last capability to a facet is gone, and no more comes with its badge */
#define LABEL_CALL_CANCELLED 0x8000000000000002ull /* the caller behind a pending reply went away; word 0 = the reply's cookie; badge = the facet's */
#define LABEL_NOTIFICATION   0x8000000000000003ull /* a notification in the set was signalled; word 0 = bits taken, badge 0 */
#define LABEL_CALL_INTERRUPTED 0x8000000000000005ull /* an interrupt was posted to the caller behind a pending reply; it waits for an answer, now please; words and badge as CALL_CANCELLED */
#define LABEL_PAGE_IN        0x8000000000000006ull /* of a memory object with a pager: words 0, 1 = offset and length of what a thread waits for, 2, 3 = of what may be supplied with it, ahead of need; badge = the object's key */
#define LABEL_PAGE_OUT       0x8000000000000007ull /* of the same: words 0, 1 = offset and length of what is to be written back; badge = the object's key */
#define LABEL_EXCEPTION      0x8000000000000004ull /* exception port: word 0 = reason, 1 = address, 2 = code, 3 = pc, 4 = sp; badge = the task's */

/* Why the kernel made an upcall. */
#define UPCALL_SYSCALL   1u /* a foreign system call trap; frame is as at the trap, pc already past the instruction */
#define UPCALL_EXCEPTION 2u /* upcall_code = enum exception, upcall_address = the fault address where there is one */
#define UPCALL_INTERRUPT 3u /* somebody posted an interrupt */
#define UPCALL_PROCESSORS 4u /* news of virtual processors: upcall_mask is 1 then, until processors_resume; abi/processors_abi.h */

enum exception : int {
    EXCEPTION_PAGE_FAULT = 1, /* nothing mapped there, or not with that access; upcall_access = PROT_BIT_* */
    EXCEPTION_BUS_ERROR,      /* mapped, but past the end of the object, or its pager failed */
    EXCEPTION_ILLEGAL,        /* illegal or privileged instruction */
    EXCEPTION_DIVIDE,
    EXCEPTION_FLOAT,
    EXCEPTION_ALIGNMENT,
    EXCEPTION_BREAKPOINT,
    EXCEPTION_STEP,
    EXCEPTION_OTHER,
};

struct thread_page {
    /* --- messages: written by the thread before call, send or reply_wait --- */
    uint64_t in_base, in_length;   /* the span a server may read */
    uint64_t out_base, out_length; /* the span a server may write */
    uint64_t deadline_ns;          /* absolute */
    cap_t    send_cap[MESSAGE_CAPS];
    uint32_t send_cap_mode[MESSAGE_CAPS];
    uint32_t send_cap_count;
    /* --- messages: written by the kernel with a received message or reply --- */
    uint32_t received_cap_count;
    cap_t    received_cap[MESSAGE_CAPS];
    uint64_t received_key;         /* of the set's member the message came through */
    uint64_t received_in_length, received_out_length; /* of the caller's windows */
    /* --- upcalls --- */
    uint64_t upcall_mask;    /* not 0: no interrupt upcalls now (written by the thread) */
    uint64_t upcall_pending; /* set to 1 by the kernel when an interrupt is posted; the thread clears it */
    uint64_t upcall_stack;   /* stack pointer for upcalls (written by the thread) */
    uint64_t upcall_reason, upcall_code, upcall_address, upcall_access;
    uint64_t recover_pc;     /* not 0: where the runtime goes on when it faults itself (written by the thread; a fault clears it) */
    /* --- locks: written by the thread, read by the kernel when it ends; abi/futex.h --- */
    uint64_t robust_list;    /* not 0: address of a struct futex_robust_head */
    uint64_t lock_number;    /* what the words of its locks hold */
    uint64_t processors_pending; /* set to 1 by the kernel when there are news of virtual processors; the thread clears it */
    struct frame frame;      /* the interrupted registers; thread_resume continues from them */
    uint64_t runtime[32];    /* the runtime's own */
};

#endif
