/* processors_abi.h: what members of virtual processors are told. */
#ifndef ABI_PROCESSORS_ABI_H
#define ABI_PROCESSORS_ABI_H

enum processor_event : int {
    PROCESSOR_NONE = 0,      /* nothing happened: a processor was free (join), or the deadline passed (park) */
    PROCESSOR_WOKEN = 1,     /* somebody called wake */
    PROCESSOR_WAITING = 2,   /* the member of this cookie waits for something, and its processor is free */
    PROCESSOR_ENDED = 3,     /* the member of this cookie ended */
    PROCESSOR_UNBLOCKED = 4, /* the wait of the member of this cookie is over, and it waits for a processor */
    PROCESSOR_PREEMPTED = 5, /* the member of this cookie lost its CPU to a thread that is no member */
};

#endif
