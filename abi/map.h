/* map.h: flags of mem_map and mem_move, advice, cache modes. Bits 0..2 of the flags are PROT_BIT_*. */
#ifndef ABI_MAP_H
#define ABI_MAP_H

#define MAP_FIXED_ADDRESS  (1u << 4) /* at this address exactly; what is mapped there is OVERLAP ... */
#define MAP_REPLACE        (1u << 5) /* ... or is replaced */
#define MAP_ANONYMOUS      (1u << 6) /* new private memory; offset ignored */
#define MAP_PRIVATE_COPY   (1u << 7) /* a copy-on-write copy of the object's part, charged to the task (needs READ only) */
#define MAP_POPULATED      (1u << 8) /* touch all of it now */
#define MAP_SHARED_CLONE   (1u << 9) /* task_clone shares the object instead of copying it */
#define MAP_NO_CLONE       (1u << 10) /* task_clone leaves the region out */
#define MAP_GROWS_DOWN     (1u << 11) /* a fault just below extends the region, to a limit the runtime asked for at map time */
#define MAP_MAX_PROT_SHIFT 16         /* PROT_BIT_* << this: protect may go up to here (0 = what the capability allows) */
#define MAP_LOCKED         (1u << 20) /* advice to drop what is there is refused; clones are not locked */
#define MAP_CLONE_EMPTY    (1u << 21) /* private anonymous memory: task_clone copies the region, but not what is in it; by advice alone */

/* mem_move */
#define MOVE_MAY 1u   /* the region may go elsewhere */
#define MOVE_FIXED 2u /* to new_address exactly, replacing what is there */
#define MOVE_KEEP 4u  /* elsewhere, and the region stays where it was, its private memory gone; with a length of 0: a second view of an object */

enum advice : int {
    ADVICE_POPULATE = 0,
    ADVICE_DROP = 1,        /* private content becomes zero or the object's */
    ADVICE_LAZY_DROP = 2,   /* the same, of anonymous memory only */
    ADVICE_HUGE = 3,
    ADVICE_NO_HUGE = 4,
    ADVICE_LOCK = 5,        /* MAP_LOCKED from now on; does not populate */
    ADVICE_UNLOCK = 6,
    ADVICE_NO_CLONE = 7,    /* MAP_NO_CLONE */
    ADVICE_CLONE = 8,
    ADVICE_CLONE_EMPTY = 9, /* MAP_CLONE_EMPTY */
    ADVICE_CLONE_FULL = 10,
    ADVICE_DROP_LOCKED = 11, /* ADVICE_DROP, also of what is locked */
    ADVICE_REMOVE = 12,     /* the object's own content becomes zero; where protection may go up to write */
    ADVICE_END,
};
enum cache_mode : int { CACHE_NORMAL = 0, CACHE_DEVICE = 1, CACHE_WRITE_COMBINING = 2 };

#endif
