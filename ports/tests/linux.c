/* linux.c: an ordinary Linux program that uses what breaks first when a sysroot is wrong: start-up, floating point of every
   size in printf, threads and thread-local storage, signals, cancellation, constructors. Prints one line; what it computes is checked.
   Linked with entry.c it also checks that system calls are calls. */

#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

[[gnu::weak]] long entry_calls(void);

static int constructed;
static _Thread_local int local = 7;
static volatile sig_atomic_t signals;

__attribute__((constructor)) static void construct(void)
{
	constructed = 1;
}

static void on_signal(int number)
{
	signals += number == SIGUSR1;
}

static void *thread(void *argument)
{
	local += *(int *)argument;
	return (void *)(long)local;
}

static void *cancelled(void *pipe_end)
{
	char byte;
	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, nullptr);
	(void)!read(*(int *)pipe_end, &byte, 1);
	pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, nullptr);
	(void)!read(*(int *)pipe_end, &byte, 1); /* a cancellation point: this does not come back */
	return nullptr;
}

static int check(int holds, const char *what)
{
	if (!holds)
		printf("FAILED: %s\n", what);
	return !holds;
}

int main(int argc, char **argv)
{
	int failures = check(constructed, "constructors run");
	char text[128];
	long double third = 1.0L / (argc + 2);
	snprintf(text, sizeof text, "%.3f %.10Lf %g %a %lld", sqrt(argc + 1), third, 1e100 * argc, 0.5 * argc, -(1LL << 62) * argc);
	failures += check(!strcmp(text, "1.414 0.3333333333 1e+100 0x1p-1 -4611686018427387904"), text);

	pthread_t id;
	void *result = nullptr;
	int add = 35;
	failures += check(!pthread_create(&id, nullptr, thread, &add) && !pthread_join(id, &result), "threads");
	failures += check((long)result == 42 && local == 7, "thread-local storage");

	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	failures += check(signals == 1, "signals");

	int ends[2];
	failures += check(!pipe(ends) && !pthread_create(&id, nullptr, cancelled, &ends[0]), "pipe");
	pthread_cancel(id);
	failures += check(write(ends[1], "x", 1) == 1 && !pthread_join(id, &result), "join");
	failures += check(result == PTHREAD_CANCELED, "cancellation points");

	if (entry_calls)
		failures += check(entry_calls() > 20, "system calls through the runtime page");
	printf("%s %s\n", failures ? "bad" : "good", strrchr(argv[0], '/') + 1);
	return failures;
}
