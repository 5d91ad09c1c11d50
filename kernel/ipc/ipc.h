/* ipc.h: ports, facets, port sets, replies, notifications: what they are, and what the rest of the kernel calls.
 *
 * A message travels from the sender's registers to the receiver's. Paths:
 *   call:       caller's frame -> waiting receiver at once (direct switch), or the caller queues on the port (CALLING) and the next
 *               receive takes it. It then waits on a reply object (AWAITING_REPLY) until answered, cancelled or abandoned.
 *   send:       into a slot of the port's queue (queue.c).
 *   events:     things that need no memory when they happen, because the object itself queues: a facet that nobody holds any more,
 *               a reply whose caller went away.
 * A port in a set forwards "I have something" to the set's ready list; receivers wait on the set then.
 * All under the kernel lock. */
#ifndef KERNEL_IPC_H
#define KERNEL_IPC_H

#include <object/object.h>
#include <object/work.h>
#include <sched/thread.h>

struct port_set {
    struct object object;
    struct list members;   /* struct member.member_link */
    struct list ready;     /* those that have something: struct member.ready_link */
    struct list messages;  /* of those, the ones that have more than calls: struct member.messages_link */
    struct list receivers; /* threads that armed a reply */
    struct list takers;    /* threads that did not: calls are not for them */
    struct list servers;   /* threads that received here last; the newest first */
    bool dead;             /* the receivers are woken, the members let go */
    struct work work;
};

/* A port's or notification's place in a set. */
struct member {
    struct port_set *set; /* NULL: in none; holds a reference */
    uint64_t key;
    struct list member_link, ready_link, messages_link;
    bool is_port;
};

/* A message of send(), waiting. Its capabilities are real ones, in the derivation tree, so that a revoke finds them. */
struct queued_message {
    uint64_t label, word[MESSAGE_WORDS], badge;
    struct facet *facet; /* that it was sent through, NULL: none; as facet_enter has it */
    struct cap cap[MESSAGE_CAPS];
};

/* Messages of one port, in order, in slots that were paid for when the port was made: chunks in a circle. */
struct message_chunk {
    struct message_chunk *next;
    struct queued_message message[];
};
struct message_place { struct message_chunk *chunk; uint32_t at; };
struct message_queue {
    uint32_t room, count;       /* room: 0 until all chunks are there */
    uint32_t wanted;            /* room then */
    uint32_t in_chunk;          /* slots in a chunk */
    uint32_t chunks, missing;   /* that are there, that are still to be made */
    struct message_place first, end;
};

struct port {
    struct object object;
    struct member member;
    bool dead;
    struct list callers;   /* threads CALLING */
    struct list senders;   /* threads SENDING: only while the queue is full */
    struct list receivers; /* threads RECEIVING on the port itself that armed a reply */
    struct list takers;    /* those that did not */
    struct list servers;   /* as of a set */
    struct list *receiver_queue; /* where those wait that would take a call: of the port, or of its set */
    struct list events;    /* struct event.link */
    struct list pending;   /* replies with a call that came through this port */
    struct list requests;  /* for memory that its receiver supplies: struct page_request.port_link */
    struct message_queue queue;
    uint64_t maker;        /* cookie of the interrupted call that makes its queue; 0: none does */
    struct work work;      /* dead: the rest below is emptied; else: what it has goes to receivers */
    struct list left_threads, left_events; /* of a dead port */
    uint32_t left_messages;
};

struct event {
    struct list link;
    uint64_t label;
};

struct facet {
    struct object object;
    struct port *port; /* holds a reference */
    uint64_t badge;
    uint32_t waiting;  /* calls and messages through it that wait at the port: it is not gone before they are taken */
    struct event gone;
};

enum reply_state : uint8_t { REPLY_FREE, REPLY_ARMED, REPLY_PENDING, REPLY_CANCELLED };

struct reply {
    struct object object;
    enum reply_state state;
    uint64_t cookie;
    uint64_t badge;           /* of the facet called */
    struct thread *thread;    /* PENDING: the caller, AWAITING_REPLY. No reference: its end cancels */
    struct thread *server;    /* ARMED: who waits with it; else who did last; NULL: none that lives */
    struct list server_link;  /* on server->replies */
    struct port *port;        /* PENDING, CANCELLED: where the call came through; holds a reference */
    struct list port_link;    /* on port->pending */
    struct event cancelled;   /* or interrupted */
};

struct notification {
    struct object object;
    struct member member;
    uint64_t bits;
    struct list waiters; /* threads */
    struct timer timer;
    uint64_t timer_bits;
    bool gone;
    struct work work;      /* gone: the waiters are woken; else: the search goes on */
    struct list mark;      /* among the waiters, where a search for those that a signal wakes goes on */
    bool search_again;     /* bits were set since that search began */
};

/* A span of user memory that may be used as a window. */
static inline bool window_valid(uint64_t base, uint64_t length)
{
    return length == 0 || (base >= USER_BASE && base < USER_END && length <= USER_END - base);
}

/* The windows that the thread's page names become those of its call. BAD_ADDRESS. */
[[nodiscard]] static inline enum status message_windows(struct thread *thread)
{
    const struct thread_page *page = thread->page;
    thread->window.in_base = page->in_base;
    thread->window.in_length = page->in_length;
    thread->window.out_base = page->out_base;
    thread->window.out_length = page->out_length;
    if (window_valid(thread->window.in_base, thread->window.in_length) && window_valid(thread->window.out_base, thread->window.out_length))
        return STATUS_OK;
    return STATUS_BAD_ADDRESS;
}

/* --- the raw system calls: registers in thread->frame --------------------------------------------------------------------------- */
void ipc_call(struct thread *thread, struct frame *frame, uint32_t flags);
void ipc_reply_wait(struct thread *thread, struct frame *frame, uint32_t flags);
void ipc_send(struct thread *thread, struct frame *frame, uint32_t flags);
void ipc_notification_wait(struct thread *thread, struct frame *frame);

/* --- objects ---------------------------------------------------------------------------------------------------------------------- */
/* queue: messages that can be sent to it before they are received; a long queue is made in parts. */
[[nodiscard]] enum status port_create(struct ledger *ledger, uint64_t queue, struct port **port);
/* One more part of its queue, if there is one to be made. */
[[nodiscard]] enum status port_grow(struct port *port);
static inline bool port_complete(const struct port *port) { return port->queue.missing == 0; }
[[nodiscard]] enum status facet_create(struct ledger *ledger, struct port *port, uint64_t badge, struct facet **facet);
[[nodiscard]] enum status set_create(struct ledger *ledger, struct port_set **set);
[[nodiscard]] enum status reply_create(struct ledger *ledger, uint64_t cookie, struct reply **reply);
[[nodiscard]] enum status notification_create(struct ledger *ledger, struct notification **notification);
/* Nothing can be sent to or taken from it any more. Those who wait are woken, what it held is dropped, as work. */
void port_destroy(struct port *port);
/* End up to `steps` calls that wait for their answer; true when none is left. */
bool port_break_calls(struct port *port, unsigned steps);
void port_unreachable(struct object *object);
void port_free(struct object *object);
void facet_unreachable(struct object *object);
/* A call or message through it, which may be NULL, begins to wait at its port; and no longer waits. */
void facet_enter(struct facet *facet);
void facet_leave(struct facet *facet);
void facet_free(struct object *object);
void set_unreachable(struct object *object);
void reply_unreachable(struct object *object);
void reply_free(struct object *object);
void notification_unreachable(struct object *object);
void notification_free(struct object *object);
[[nodiscard]] enum status set_add(struct port_set *set, struct member *member, uint64_t key);
[[nodiscard]] enum status set_remove(struct port_set *set, struct member *member);
static inline bool port_has_something(const struct port *port)
{
    return !list_empty(&port->events) || port->queue.count > 0 || !list_empty(&port->callers);
}
/* They joined or left a set: what they have is for those who wait there, or at the port itself. The rest of a port's goes as work. */
void port_deliver_rest(struct port *port);
void notification_deliver(struct notification *notification);
void notification_signal(struct notification *notification, uint64_t bits);
/* The same where one thread waits, outside of sets: it has its bits and is to be made ready. NULL: it is not that plain, nothing was done. */
[[nodiscard]] struct thread *notification_wake_only(struct notification *notification, uint64_t bits);
void notification_bind_timer(struct notification *notification, uint64_t deadline_ns, uint64_t bits);

/* --- for thread.c: leave what the thread waits for ------------------------------------------------------------------------------------ */
/* The thread leaves an IPC wait: off queues; its pending call is cancelled, its armed reply freed. */
void ipc_unwait(struct thread *thread);
/* An interrupt was posted to a thread in an interruptible wait. It ends with INTERRUPTED, but for a call that a server has received: what was
 * done of it only the server knows, so it is told, and its answer ends the wait. */
void ipc_interrupt(struct thread *thread);
/* The thread is dead: one of its replies is its no more. False: there is none. */
bool ipc_leave_reply(struct thread *thread);
/* A thread's own exception as a call to its task's exception port. False: no port or it is dead. */
bool ipc_exception_call(struct thread *thread);

/* --- between the files of ipc/ ---------------------------------------------------------------------------------------------------------- */
void member_init(struct member *member, bool is_port);
/* What a member of a set has is other than it was: it is on the lists where it belongs. */
void member_update(struct member *member);
/* Something arrived at the port: give it to a receiver that waits, if there is one. False: nobody took it. */
bool port_deliver(struct port *port);
void event_post(struct port *port, struct event *event, uint64_t label);
void reply_cancel(struct reply *reply, bool tell);
/* The reply is answered: its port need not hear about an interrupt any more. */
void reply_withdraw(struct reply *reply);
/* Take one message out of the port (or set) into the receiver, which is not queued. False: nothing there. */
bool port_take(struct port *port, struct thread *receiver, struct reply *armed, uint64_t key);
bool set_take(struct port_set *set, struct thread *receiver, struct reply *armed);
/* Where threads wait at a port or set, with a reply armed or without. */
struct list *wait_queue(struct object *source, bool armed);
static inline bool source_dead(const struct object *source)
{
    return source->type == OBJECT_PORT && container_of(source, struct port, object)->dead;
}
/* A cancelled reply whose event nobody took yet can't be armed again. */
static inline bool reply_can_arm(const struct reply *reply)
{
    return reply->state == REPLY_FREE || (reply->state == REPLY_CANCELLED && list_empty(&reply->cancelled.link));
}
/* caps.c: of a message with MESSAGE_HAS_CAPS. First of all: where a revoke of the tree of a capability that the sender's page lists is under
 * way, go on with it. */
void caps_help_revokes(struct thread *thread);
/* Before anything happens: are they there and may they be sent? INVALID_ARGUMENT, INVALID_HANDLE, NO_RIGHTS. */
[[nodiscard]] enum status caps_check(struct thread *thread);
/* Into the receiver's table and page; the null handle for each that it cannot have. */
void caps_transfer(struct thread *from, struct thread *to);
/* Into the slots of a message in a queue, and from there to the receiver; what it cannot have ends. */
void caps_enqueue(struct thread *thread, struct queued_message *message);
void caps_take(struct queued_message *message, struct thread *receiver);
/* queue.c */
/* Pay for `room` slots. Returns LEDGER_SPENT, NO_MEMORY, TOO_BIG. */
[[nodiscard]] enum status queue_pay(struct message_queue *queue, struct ledger *ledger, uint64_t room);
/* Make one of the missing chunks. NO_MEMORY. */
[[nodiscard]] enum status queue_add_chunk(struct message_queue *queue);
/* Free one chunk. Requires: no messages. False: there was none; all is paid back. */
bool queue_free_chunk(struct message_queue *queue, struct ledger *ledger);
/* The slot at the end. Requires: there is room. */
struct queued_message *queue_push(struct message_queue *queue);
/* The first message, which is out of the queue; its slot is not used again before the next push. */
struct queued_message *queue_pop(struct message_queue *queue);
void reply_set_server(struct reply *reply, struct thread *server);
/* Answer a pending reply with a status and no content. */
void reply_fail(struct reply *reply, enum status status);

#endif
