/* storm.h: tasks that do random things to each other with random messages and capabilities, and are killed meanwhile; what they share.
 *   storm.c       the supervisor: starts, kills and counts
 *   actor.c       a task of the storm: its capabilities, and which operation comes next
 *   messages.c    operations that send and take messages
 *   operations.c  all others
 * Nothing that they do may give a status that its definition does not name, mix up messages or capabilities, or leave anything behind. */
#ifndef STORM_H
#define STORM_H

#include <test.h>

#define ACTORS 8u
#define THREADS 3u
#define SHARED_BASE 0x70000000ull
#define PEERS BOOTSTRAP_IMPORTS /* at this index and the next: facets of the actors' ports, whose badge is this actor's number */

/* Memory that all see. */
struct shared {
    _Atomic uint64_t messages, capabilities, answers; /* that came to where they should */
    _Atomic uint64_t done[64];                        /* of each operation: how often it succeeded */
    _Atomic uint64_t failures;
    _Atomic uint32_t stop;
};
#define SHARED ((struct shared *)SHARED_BASE)

/* A thread of an actor. */
struct actor {
    uint64_t seed;
    unsigned thread;
    cap_t reply;     /* that it receives with */
    uint64_t nonce;
    uint8_t window[256];
};

int actor_main(void);

/* --- for the operations ------------------------------------------------------------------------------------------------------------------- */
unsigned below(struct actor *a, unsigned limit);
/* The actor's capabilities, which its threads share and others revoke. look: one, which may be gone already, or CAP_NULL; take: one that no other
 * thread finds any more; keep: instead of another one, which is dropped. */
cap_t look(struct actor *a);
cap_t take(struct actor *a);
void keep(struct actor *a, cap_t cap);
/* The object's type (THREAD_... of the kernel), 0 when the capability is gone. */
uint64_t type_of(cap_t cap);
/* Types of cap_info. */
enum { IS_TASK = 1, IS_PORT = 4 };
extern unsigned actor_number;
extern cap_t actor_threads[THREADS];

/* Fails unless it is OK, one of the statuses that any operation on a random capability may give, or one of these. */
#define ALSO(name) (1ull << -STATUS_##name)
enum status check_status(const char *what, enum status got, uint64_t also);
void storm_failed(const char *what, uint64_t value, uint64_t other);

void call_somebody(struct actor *a);
void send_somebody(struct actor *a);
void serve(struct actor *a);
void answer_held(struct actor *a);
void receive_anywhere(struct actor *a);

void derive(struct actor *a);
void make_part(struct actor *a);
void revoke(struct actor *a);
void drop(struct actor *a);
void create(struct actor *a);
void make_badge(struct actor *a);
void use_notification(struct actor *a);
void use_set(struct actor *a);
void use_reply(struct actor *a);
void end_port(struct actor *a);
void install(struct actor *a);
void use_task(struct actor *a);
void disturb_thread(struct actor *a);

#endif
