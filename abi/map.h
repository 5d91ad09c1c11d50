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

/* mem_move */
#define MOVE_MAY 1u   /* the region may go elsewhere */
#define MOVE_FIXED 2u /* to new_address exactly, replacing what is there */

enum advice : int { ADVICE_POPULATE = 0, ADVICE_DROP = 1 /* content becomes zero or the object's */, ADVICE_LAZY_DROP = 2, ADVICE_HUGE = 3, ADVICE_NO_HUGE = 4 };
enum cache_mode : int { CACHE_NORMAL = 0, CACHE_DEVICE = 1, CACHE_WRITE_COMBINING = 2 };

#endif
