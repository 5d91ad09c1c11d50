/* ipc.h: what these tests share: a server in a task of its own, and threads of this task. */
#ifndef IPC_H
#define IPC_H

#include <test.h>

/* What the server does with a call; the label is one of these. */
enum server_operation : uint64_t {
    SERVER_ECHO = 1,   /* answers with the words, each one more; word 5 = badge */
    SERVER_READ,       /* reads word 1 bytes at word 0 of the in-window; answers their sum, and word 1 = what the read returned */
    SERVER_WRITE,      /* writes word 1 bytes of value word 2 at word 0 of the out-window; answers word 1 = what the write returned */
    SERVER_LENGTHS,    /* answers the lengths of the windows */
    SERVER_DROP,       /* drops the reply unanswered */
    SERVER_EXIT,       /* ends its task */
    SERVER_HOLD,       /* does not answer */
    SERVER_HELD,       /* answers how many calls it holds and how many were cancelled; word 2 = the last cancelled cookie, word 3 its badge */
    SERVER_RELEASE,    /* answers those it holds */
    SERVER_KEEP_CAP,   /* answers word 0 = type, 1 = rights of the first capability, and keeps it */
    SERVER_GIVE_CAP,   /* answers with what it kept: a copy, or the thing itself if word 0 is 1 */
    SERVER_CHANGE,     /* maps word 1 bytes of what it kept from word 0 on, adds one to each page's first word; answers word 1 = what mem_map returned */
    SERVER_COMPUTE,    /* answers when word 0 nanoseconds have passed */
    SERVER_GONE,       /* answers how many facets are gone; word 1 = the last one's badge */
};

struct server {
    struct child child;
    cap_t port;
};
/* A task with a port that it receives from; queue: messages that can be sent to it. */
[[nodiscard]] enum status server_start(struct server *server, uint64_t queue);
/* Kill it and drop the port. */
void server_stop(struct server *server);
/* One call. Returns: the status; words as answered. */
enum status server_call(cap_t port, uint64_t label, uint64_t words[MESSAGE_WORDS]);

/* The thread waits for something. */
bool thread_waits(cap_t thread);

#endif
