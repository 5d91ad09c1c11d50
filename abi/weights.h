/* weights.h: of threads of the fair class (thread_set_weight). */
#ifndef ABI_WEIGHTS_H
#define ABI_WEIGHTS_H

#define WEIGHT_DEFAULT 1024u
#define WEIGHT_MOST (1u << 20)

#endif
