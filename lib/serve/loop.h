/* loop.h: what the files of lib/serve share. */
#ifndef SERVE_LOOP_H
#define SERVE_LOOP_H

#include <serve.h>

/* --- objects.c --- */
struct serve_slot {
    const struct serve_type *type; /* NULL: free */
    void    *object;
    uint32_t name; /* the upper half of the badge */
    uint32_t next_free;
};
/* Returns: the slot of a badge that names an object of this instance, or NULL. */
struct serve_slot *slot_of(uint64_t badge);
/* Ask the server for the object behind a badge of an earlier instance. Returns: its slot, or NULL. Requires: server->adopt. */
struct serve_slot *slot_adopt(const struct server *server, uint64_t badge);
void slot_release(struct serve_slot *slot);
void objects_start(cap_t port);

/* --- timer.c --- */
void timers_start(void);

/* --- loop.c --- */
/* The answer of the request did not arrive. */
void request_undelivered(struct request *rq, enum status why);
/* A request that is over goes back to where the loop takes the next from. */
void request_recycle(struct request *rq);
/* Add a notification to what the loop waits for. */
[[nodiscard]] enum status loop_add_notification(cap_t notification, struct serve_watch *watch);
void loop_remove_notification(cap_t notification);

#endif
