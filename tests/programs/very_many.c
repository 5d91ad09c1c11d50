/* very_many.c: threads: a thousand that live at once on small stacks, twice; each keeps what it was started with, its stack and its own variables.
 * processes: more than there are address space numbers, one after another; a file and a pipe work in each. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 1000, TIMES = 2, WORDS = 200, PROCESSES = 1100 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned arrived, wrong;
static int go;
static _Thread_local unsigned long own;

/* Until all are there, and one said that they may go. */
static void meet(void)
{
    pthread_mutex_lock(&lock);
    arrived++;
    pthread_cond_broadcast(&changed);
    while (!go)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

static void *live(void *argument)
{
    unsigned long id = (unsigned long)argument, right = 1;
    volatile unsigned long words[WORDS];
    own = id;
    for (unsigned long i = 0; i < WORDS; i++)
        words[i] = id * WORDS + i;
    meet();
    for (unsigned long i = 0; i < WORDS; i++)
        right &= words[i] == id * WORDS + i;
    return (void *)(right && own == id ? id : 0);
}

static void make_run_and_join(unsigned long first)
{
    static pthread_t threads[THREADS];
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 16384);
    arrived = 0;
    go = 0;
    unsigned made = 0;
    while (made < THREADS && pthread_create(&threads[made], &attributes, live, (void *)(first + made)) == 0)
        made++;
    pthread_mutex_lock(&lock);
    while (arrived < made)
        pthread_cond_wait(&changed, &lock);
    go = 1;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
    for (unsigned i = 0; i < made; i++) {
        void *result = NULL;
        wrong += pthread_join(threads[i], &result) != 0 || result != (void *)(first + i);
    }
    printf("%u threads, %u wrong\n", made, wrong);
}

/* What a child does. Returns: its exit status. */
static int answer(const int ends[2], int id)
{
    int file = open("/tmp/very_many", O_RDWR | O_CREAT, 0600), got = 0;
    int right = write(file, &id, sizeof id) == sizeof id && pread(file, &got, sizeof got, 0) == sizeof got && got == id;
    return right && write(ends[1], &id, sizeof id) == sizeof id ? 7 : 1;
}

static void start_one_after_another(void)
{
    int ends[2], made = 0, right = 0;
    if (pipe(ends) != 0)
        return;
    for (; made < PROCESSES; made++) {
        int status = 0, got = -1;
        pid_t child = fork();
        if (child == 0)
            _exit(answer(ends, made));
        if (child < 0)
            break;
        right += read(ends[0], &got, sizeof got) == sizeof got && got == made && waitpid(child, &status, 0) == child && status == 7 << 8;
    }
    printf("%d processes, %d wrong\n", made, made - right);
    wrong += (unsigned)(made - right);
}

int main(int count, char **words)
{
    if (count > 1 && !strcmp(words[1], "processes"))
        start_one_after_another();
    else
        for (unsigned i = 0; i < TIMES; i++)
            make_run_and_join(1 + i * THREADS);
    return wrong != 0;
}
