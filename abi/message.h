/* message.h: a message as programs hold it in memory. In registers: label and words; in the thread page: the rest. */
#ifndef ABI_MESSAGE_H
#define ABI_MESSAGE_H

#include "thread_page.h"

struct message_window {
    void  *base;
    size_t length;
};

struct message {
    uint64_t label;               /* request: protocol << 16 | operation; reply: an enum status */
    uint64_t word[MESSAGE_WORDS];
    uint64_t badge;               /* received requests: of the facet that was called */
    uint64_t key;                 /* received through a set: of the member */
    cap_t    cap[MESSAGE_CAPS];
    uint32_t cap_count;
    uint32_t cap_move;            /* sent: bit i set = cap[i] is moved, not copied */
    struct message_window in, out; /* sent: the windows; received: base unused, length = what the caller gave */
};

#endif
