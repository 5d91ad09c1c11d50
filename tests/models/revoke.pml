/* revoke.pml: a revoke in steps, while others derive, move and drop in the same tree.
 *
 * A tree is a ring of brackets: an entry `open` and an entry `close` a capability, here 2 * c and 2 * c + 1 (kernel/object/captree.c). A step in
 * braces under `section` is what one CPU does while it has the kernel lock:
 *   fill, drop, replace   cap_fill, cap_remove, cap_replace
 *   derive                sys_cap_derive, a copy in a message, task_clone: cap_source (which helps), then cap_fill
 *   move                  cap_move, SEND_CAP_MOVE into a queued message and out of it: cap_replace
 *   revoke                sys_cap_revoke: some are taken away (cap_revoke_some); an interrupt ends the step, and the revoke is noted
 *                         (revoke_begin) until the call is made again
 *   help                  help, revoke_end: who derives in the tree of a noted revoke takes more away first than it adds
 * Bounds: four slots, two other CPUs, which never stop; a revoke takes one away in a step, help two. At the start capability 0, which is
 * revoked, is derived from 1; 0 may be dropped or moved itself, which ends its revoke.
 * Properties: at the end of a revoke nothing is left of what was derived from its capability, wherever it went; nothing else is taken away; the
 * brackets nest; `comes_to_its_end`, though the others go on for ever.
 *
 * BUG=1 safety: what is derived comes behind its parent, not into it
 * BUG=2 safety: what is moved becomes a tree of its own
 * BUG=3 safety: an interrupted revoke goes on at the entry where it stopped
 * BUG=4 comes_to_its_end: nobody helps
 * BUG=5 safety: the noted revoke does not look whether its handle still names the capability
 */
#ifndef BUG
#define BUG 0
#endif
#define SLOTS 4
#define HELP 2
#define NONE 15
#define open(c) (2 * (c))
#define close(c) (2 * (c) + 1)
#define section atomic {

byte next[2 * SLOTS], previous[2 * SLOTS]
bool used[SLOTS]
bool under[SLOTS]               /* derived from the capability that is revoked, or from what was */
bool named = true               /* the handle of capability 0 is good */
bool noted, over                /* a revoke is under way, interrupted; it came to its end */
byte cursor = NONE              /* of BUG 3 */

byte b, q, place, level, count  /* within a section; 0 outside */
#define clean() b = 0; q = 0; place = 0; level = 0; count = 0

inline entry_insert(where, e) { /* before `where` */
    next[e] = where; previous[e] = previous[where]; next[previous[where]] = e; previous[where] = e
}
inline entry_remove(e) {
    next[previous[e]] = next[e]; previous[next[e]] = previous[e]; next[e] = e; previous[e] = e
}

inline fill(c, parent) {
    used[c] = true;
    if
    :: parent != NONE && BUG != 1 -> entry_insert(close(parent), open(c))
    :: parent != NONE && BUG == 1 -> place = next[close(parent)]; entry_insert(place, open(c))
    :: else
    fi;
    place = next[open(c)]; entry_insert(place, close(c));
    under[c] = (parent != NONE && (under[parent] || (parent == 0 && named)))
}

inline release(c) {
    used[c] = false; under[c] = false;
    if
    :: c == 0 && named -> named = false; for (count : 0 .. SLOTS - 1) { under[count] = false } /* nobody is revoked any more */
    :: else
    fi
}

inline drop(c) { entry_remove(open(c)); entry_remove(close(c)); release(c) }

inline replace(from, to) {
    used[to] = true; under[to] = under[from];
    if
    :: BUG == 2 -> entry_remove(open(from)); entry_remove(close(from)); entry_insert(open(to), close(to))
    :: else ->
        entry_insert(open(from), open(to)); entry_remove(open(from));
        entry_insert(close(from), close(to)); entry_remove(close(from))
    fi;
    release(from)
}

/* From the open bracket of a capability around its ring: each close is that of the last open one. */
inline check(c) {
    place = open(c); level = 0; count = 0;
    do
    :: count < 2 * SLOTS ->
        assert(used[place / 2] && previous[next[place]] == place);
        if
        :: place % 2 == 0 -> level++
        :: else -> level--;     /* after all of what is between, which is checked from its own bracket */
            if :: place == close(c) -> assert(level == 0); break :: else -> assert(level > 0) fi
        fi;
        place = next[place]; count++
    :: else -> assert(false)
    od
}

/* One capability that was derived from 0 goes. */
inline revoke_one() {
    place = next[0];
    if
    :: BUG == 3 && cursor != NONE -> place = cursor
    :: else
    fi;
    assert(place % 2 == 0 && under[place / 2]);
    b = place / 2;
    cursor = next[place];
    if :: cursor == close(b) -> cursor = next[close(b)] :: else fi;
    drop(b)
}
#define nothing_left (next[0] == 1)

inline revoke_ended() {
    for (count : 0 .. SLOTS - 1) { assert(!under[count]) };
    noted = false; over = true
}

inline help() {
    if
    :: noted && BUG != 4 && !named && BUG != 5 -> noted = false
    :: noted && BUG != 4 && (named || BUG == 5) && used[0] ->
        for (q : 1 .. HELP) { if :: !nothing_left -> revoke_one() :: else fi };
        if :: nothing_left -> revoke_ended() :: else fi
    :: else
    fi
}

/* Any slot that is in use, any that is free. NONE: there is none. */
inline choose(from, to) {
    from = NONE; to = NONE;
    if :: used[0] -> from = 0 :: used[1] -> from = 1 :: used[2] -> from = 2 :: used[3] -> from = 3 :: else fi;
    if :: !used[0] -> to = 0 :: !used[1] -> to = 1 :: !used[2] -> to = 2 :: !used[3] -> to = 3 :: else fi
}

proctype other()
{
    byte p, a;
    do
    :: section
            d_step { if :: !over -> help() :: else fi };
            choose(p, a);
            d_step { if :: p != NONE && a != NONE -> fill(a, p); check(a); check(p) :: else fi; p = 0; a = 0; clean() }
        }
    :: section choose(p, a); d_step { if :: p != NONE && a != NONE -> replace(p, a); check(a) :: else fi; p = 0; a = 0; clean() } }
    :: section choose(p, a); d_step { if :: p != NONE -> drop(p) :: else fi; p = 0; a = 0; clean() } }
    od
}

proctype revoke()
{
    do
    :: section
            if
            :: over || !named -> break          /* others brought it to its end; or INVALID_HANDLE */
            :: else ->
                if :: !nothing_left -> revoke_one() :: else fi;
                if :: nothing_left -> revoke_ended(); clean(); break :: else -> noted = true; clean() fi
            fi
        }
    od;
    atomic { noted = false; over = true }
}

ltl comes_to_its_end { <> over }

init
{
    atomic {
        for (count : 0 .. 2 * SLOTS - 1) { next[count] = count; previous[count] = count };
        fill(1, NONE); fill(0, 1); fill(2, 0);
        clean();
        run other(); run other(); run revoke()
    }
}
