/* timer_test.c: the timer heap against an array, with a clock that the test turns. */
#include <serve.h>

#include <unit.h>

#define TIMERS 200

static uint64_t clock_ns;
static struct serve_watch *timer_watch;

uint64_t os_now(void)
{
    return clock_ns;
}

enum status serve_watch(struct serve_watch *watch)
{
    watch->notification = 1;
    timer_watch = watch;
    return STATUS_OK;
}

void os_fatal(const char *, ...)
{
    __builtin_trap();
}

static struct serve_timer timers[TIMERS];
static uint64_t wanted[TIMERS]; /* 0: not set */
static uint64_t last_ns;

static void expired(struct serve_timer *timer)
{
    size_t i = (size_t)(timer - timers);
    EXPECT(wanted[i] && wanted[i] <= clock_ns);
    EXPECT(wanted[i] >= last_ns); /* in order */
    last_ns = wanted[i];
    wanted[i] = 0;
    if (unit_random_below(4) == 0) { /* timers may be set while others go off */
        wanted[i] = clock_ns + 1 + unit_random_below(1000);
        serve_timer_set(timer, wanted[i]);
    }
}

static void check(void)
{
    for (size_t i = 0; i < TIMERS; i++) {
        EXPECT(serve_timer_is_set(&timers[i]) == (wanted[i] != 0));
        EXPECT(!wanted[i] || wanted[i] > clock_ns);
    }
}

TEST(random_timers_go_off_in_time_and_order)
{
    for (size_t i = 0; i < TIMERS; i++)
        timers[i].expired = expired;
    clock_ns = 1;
    wanted[0] = 5;
    serve_timer_set(&timers[0], wanted[0]);
    for (int step = 0; step < 50000; step++) {
        size_t i = unit_random_below(TIMERS);
        uint64_t what = unit_random_below(10);
        if (what < 6) {
            wanted[i] = clock_ns + 1 + unit_random_below(10000);
            serve_timer_set(&timers[i], wanted[i]);
        } else if (what < 9) {
            wanted[i] = 0;
            serve_timer_cancel(&timers[i]);
        } else {
            clock_ns += unit_random_below(2000);
            last_ns = 0;
            timer_watch->signalled(timer_watch, 1);
            check();
        }
    }
}
