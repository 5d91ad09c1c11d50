/* futex.h: flags of the futex calls. */
#ifndef ABI_FUTEX_H
#define ABI_FUTEX_H
#define FUTEX_FLAG_SHARED 1u        /* the word is known by (memory object, offset), not by address */
#define FUTEX_FLAG_INTERRUPTIBLE 2u /* a posted interrupt ends the wait */
#define FUTEX_FLAG_COMPARE 4u       /* requeue: check the expected value first */
#define FUTEX_FLAGS 7u                /* all of these: others are INVALID_ARGUMENT */
#endif
