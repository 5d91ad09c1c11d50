/* call.pml: a call, its answer, and all that can end it.
 *
 * A step in braces under `section` is what one CPU does while it has the kernel lock, from the trap to kernel_exit:
 *   call                trap_message_call (ipc/fast.c) where a server waits, else start_call and queue_call (ipc/message.c)
 *   words               message_return in entry.S: words out of the caller's frame, the lock given up after that
 *   receive, take       ipc_reply_wait, take_any, port_take, begin_wait: events before calls, else the thread waits with its reply armed
 *   answer              answer (ipc/message.c)
 *   unwait              ipc_unwait: a deadline (deadline_passed) or thread_kill ends the wait: reply_cancel tells the server
 *   interrupt           ipc_interrupt: a call that waits in the queue ends, one that was received is told of (tell_port)
 *   deliver             port_deliver, which event_post calls
 *   send                ipc_send of a message whose capability the receiver can't have and which is a facet's last: take_sent drops it, and
 *                       facet_unreachable posts an event to the same port
 *   drop_reply          reply_unreachable, reply_fail; the reply is freed when neither capability nor event refers to it (object_put)
 *   destroy             port_destroy, and port_empty as work: one thread that waited a step (list left_threads)
 * Bounds: two callers with two calls each, one server with one reply that it arms again and again, one message of send; at most two of
 * deadline, interrupt and kill in any order at any callers; the server drops its reply or dies at any time, once.
 * Properties: a call ends once, with a status that fits what happened; the server gets the caller's words; an answer goes to a thread that
 * waits for it; an event is about the call that is there; a wait of the server ends once; nothing is used after its end; no reference is
 * left; `ends`: a caller does not wait for ever.
 *
 * BUG=1 safety: the lock is given up before the words are taken, as an entry.S might that unlocks first
 * BUG=2 safety: a thread that is killed in a call does not cancel its reply
 * BUG=3 ends: a reply whose last capability goes does not fail its caller
 * BUG=4 safety: an answered reply leaves the event of an interrupt in the port
 * BUG=5 safety: what a receiver can't take is dropped while it still waits, and the event is given to it as well
 * BUG=6 safety: the event does not refer to its reply
 */
#ifndef BUG
#define BUG 0
#endif
#define CALLERS 2
#define CALLS 2
#define NOBODY 9
#define GARBAGE 99

mtype = { RUNNING, CALLING, AWAITING, RECEIVING, DEAD }
mtype = { FREE, ARMED, PENDING, CANCELLED }                 /* enum reply_state */
mtype = { NONE, OK, PEER_GONE, TIMED_OUT, INTERRUPTED }     /* statuses */
mtype = { NOTHING, CALL, SENT, CALL_INTERRUPTED, CALL_CANCELLED, FACET_GONE }

bool locked                         /* kernel_lock, where a section has two parts */

mtype state[CALLERS] = RUNNING, status[CALLERS] = NONE
byte frame[CALLERS], ends[CALLERS], calls[CALLERS]

mtype reply = FREE, event = NONE    /* of the reply; event: NONE, CALL_INTERRUPTED, CALL_CANCELLED */
byte reply_caller = NOBODY, references = 1
bool reply_cap = true, freed

bool port_dead, facet_gone          /* facet_gone: its event is queued */
chan queue = [CALLERS] of { byte }  /* port->callers */
chan left = [CALLERS] of { byte }   /* left_threads of the dead port */

mtype server = RUNNING, got = NOTHING
byte got_words
bool server_armed

mtype tmp = NONE                    /* within a section */
byte tmp_who
#define clean() tmp = NONE; tmp_who = 0

#define section atomic { !locked ->

inline reply_get() { references++ }
inline reply_put() {
    assert(references > 0);
    references--;
    if :: references == 0 -> freed = true :: else fi
}
inline reply_used() { assert(!freed) }

/* thread_wake: the wait of a caller ends. */
inline wake(who, with) {
    assert(state[who] == CALLING || state[who] == AWAITING);
    state[who] = RUNNING; status[who] = with; ends[who]++
}

inline server_wake(what) {
    assert(server == RECEIVING);
    server = RUNNING; got = what
}

inline end_receive() {
    if :: server_armed && reply == ARMED -> reply = FREE :: else fi;
    server_armed = false
}

/* take_event: the first of the port's events. The reply's is behind that of the facet, if both are there. */
inline take_event(what) {
    if
    :: facet_gone -> facet_gone = false; what = FACET_GONE
    :: else ->
        reply_used();
        assert(event == CALL_CANCELLED || reply == PENDING);
        what = event; event = NONE;
        if :: BUG != 6 -> reply_put() :: else fi
    fi
}
#define has_event (facet_gone || event != NONE)

/* port_deliver, with an event there. */
inline deliver_event() {
    if
    :: server == RECEIVING -> end_receive(); take_event(tmp); server_wake(tmp)
    :: else
    fi
}

/* tell_port and event_post. */
inline tell(label) {
    if
    :: port_dead
    :: else ->
        if
        :: event != NONE -> event = label
        :: else ->
            if :: BUG != 6 -> reply_get() :: else fi;
            event = label; deliver_event()
        fi
    fi
}

inline withdraw() {
    if :: event != NONE && BUG != 4 -> event = NONE; if :: BUG != 6 -> reply_put() :: else fi :: else fi
}

inline cancel() { reply_used(); reply_caller = NOBODY; reply = CANCELLED }

/* The wait of a caller ends without an answer. */
inline unwait(who) {
    if
    :: state[who] == AWAITING && reply_caller == who -> cancel(); tell(CALL_CANCELLED)
    :: else ->
        if :: queue??[eval(who)] -> queue??eval(who) :: else fi;
        if :: left??[eval(who)] -> left??eval(who) :: else fi
    fi
}

/* reply_unreachable: the last capability goes. */
inline drop_reply() {
    if
    :: !reply_cap
    :: else ->
        reply_cap = false;
        if
        :: reply == PENDING && BUG != 3 -> tmp_who = reply_caller; cancel(); withdraw(); reply = FREE; wake(tmp_who, PEER_GONE)
        :: reply == ARMED -> server_armed = false; reply = FREE
        :: else
        fi;
        reply_put()
    fi
}

inline destroy() {
    if
    :: port_dead
    :: else ->
        port_dead = true;
        do :: queue?tmp_who -> left!tmp_who :: empty(queue) -> break od;
        facet_gone = false;
        if :: event != NONE -> reply_used(); event = NONE; if :: BUG != 6 -> reply_put() :: else fi :: else fi; /* drop_event */
        if :: server == RECEIVING -> end_receive(); server_wake(NOTHING) :: else fi
    fi
}

proctype caller(byte me)
{
    do
    :: calls[me] < CALLS && state[me] == RUNNING ->
        section
            if :: state[me] == DEAD -> goto gone :: else fi;
            calls[me]++; frame[me] = 10 * (me + 1) + calls[me]; status[me] = NONE;
            if
            :: port_dead -> ends[me]++; status[me] = PEER_GONE
            :: !port_dead && server == RECEIVING && server_armed ->   /* the short way */
                assert(reply == ARMED);
                reply_used();
                server_armed = false; reply = PENDING; reply_caller = me; state[me] = AWAITING;
                server_wake(CALL); got_words = GARBAGE;
                locked = (BUG != 1);
                goto words
            :: else -> state[me] = CALLING; queue!me
            fi
        };
        goto waits;
words:  atomic { if :: got == CALL -> got_words = frame[me] :: else fi; locked = false };
waits:  if
        :: state[me] == RUNNING
        :: state[me] == DEAD -> goto gone
        fi;
        atomic {
            assert(ends[me] == calls[me]);
            assert(status[me] == OK || status[me] == PEER_GONE || status[me] == TIMED_OUT || status[me] == INTERRUPTED);
            status[me] = NONE
        }
    :: calls[me] == CALLS && state[me] == RUNNING -> break
    :: state[me] == DEAD -> break
    od;
gone: skip
}

/* Deadlines, interrupts, kills: two in all. */
proctype others()
{
    byte left_to_do = 2, who;
    do
    :: left_to_do > 0 ->
        section
            left_to_do--;
            if :: who = 0 :: who = 1 fi;
            if
            :: state[who] == CALLING || state[who] == AWAITING -> unwait(who); wake(who, TIMED_OUT)
            :: state[who] == CALLING -> unwait(who); wake(who, INTERRUPTED)
            :: state[who] == AWAITING && reply_caller == who -> tell(CALL_INTERRUPTED)
            :: state[who] != DEAD && (state[who] != RUNNING || !locked) ->
                if
                :: state[who] != RUNNING && !(BUG == 2 && state[who] == AWAITING) -> unwait(who)
                :: else
                fi;
                state[who] = DEAD; frame[who] = GARBAGE    /* freed, and another's by now */
            :: else
            fi;
            who = 0; clean()
        }
    :: break
    od
}

/* One message of send(), whose capability the receiver can't have. */
proctype sender()
{
    section
        if
        :: port_dead || server != RECEIVING -> skip     /* WOULD_BLOCK */
        :: else ->
            if
            :: BUG == 5 -> facet_gone = true; deliver_event(); end_receive(); server_wake(SENT)
            :: else -> end_receive(); server_wake(SENT); facet_gone = true; deliver_event()
            fi
        fi;
        clean()
    }
}

proctype serve()
{
    do
    :: server == RUNNING && !locked ->
        atomic {
            if
            :: got == CALL -> assert(got_words / 10 == reply_caller + 1 || reply_caller == NOBODY || freed);
                assert(got_words != GARBAGE)
            :: else
            fi;
            got = NOTHING; got_words = 0
        };
        if
        :: section   /* answer, if there is a call, and receive with the same reply */
                if
                :: reply_cap && reply == PENDING ->
                    reply_used();
                    tmp_who = reply_caller;
                    assert(state[tmp_who] == AWAITING);
                    withdraw(); reply_caller = NOBODY; reply = FREE;
                    wake(tmp_who, OK)
                :: else
                fi;
                if
                :: port_dead -> break
                :: !port_dead && has_event -> take_event(tmp); got = tmp
                :: !port_dead && !has_event && len(queue) > 0 && reply_cap && (reply == FREE || reply == CANCELLED) ->
                    reply_used();
                    queue?tmp_who;
                    assert(state[tmp_who] == CALLING);
                    reply = PENDING; reply_caller = tmp_who; state[tmp_who] = AWAITING;
                    got = CALL; got_words = frame[tmp_who]
                :: else ->
                    if :: reply_cap -> assert(reply != PENDING); reply = ARMED; server_armed = true :: else fi;
                    server = RECEIVING
                fi;
                clean()
            }
        :: section if :: reply_cap -> drop_reply(); clean() :: else -> break fi }
        :: break   /* it dies */
        fi
    :: server == RECEIVING && !locked ->
        if
        :: server == RUNNING
        :: section   /* killed while it waits, the port not yet */
                if :: server == RECEIVING -> end_receive(); server = RUNNING; break :: else fi
            }
        fi
    od;
    section server = DEAD }
    /* Its task's table goes slot by slot, as work. */
    if
    :: section drop_reply(); clean() }; section destroy(); clean() }
    :: section destroy(); clean() }; section drop_reply(); clean() }
    fi;
    do
    :: section if :: len(left) > 0 -> left?tmp_who; wake(tmp_who, PEER_GONE); clean() :: else -> break fi }
    od;
    assert(!facet_gone && event == NONE)
}

#define waits0 (state[0] == CALLING || state[0] == AWAITING)
#define waits1 (state[1] == CALLING || state[1] == AWAITING)
ltl ends { [] ((waits0 -> <> !waits0) && (waits1 -> <> !waits1)) }

init
{
    atomic { run caller(0); run caller(1); run serve(); run others(); run sender() };
    (_nr_pr == 1);   /* all have ended */
    assert(freed && references == 0)
}
