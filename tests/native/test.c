/* test.c: runs the registered tests, prints their results and powers the machine off. Not here: other tasks (child.c). */
#include <boot_image.h>
#include <test.h>

#define FREE_SLACK 0x10000u /* pages that the kernel's heap holds are not all full */
#define WARM_CAPS 2048u /* as many capabilities as tests hold at a time: tables grow and do not shrink */

extern const struct test __start_native_tests[], __stop_native_tests[];

_Atomic unsigned test_failures;

void test_say(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    int length = os_format_list(text, sizeof text - 1, format, arguments);
    va_end(arguments);
    if (length > (int)sizeof text - 2)
        length = sizeof text - 2;
    text[length++] = '\n';
    if (os_system_debug_write(BOOTSTRAP_CONTROL, (uintptr_t)text, (uint64_t)length) != STATUS_OK)
        (void)os_system_log((uintptr_t)text, (uint64_t)(length > 256 ? 256 : length));
}

void test_failed(const char *file, int line, const char *text)
{
    test_failures++;
    test_say("FAIL %s:%d: %s", file, line, text);
}

const char *test_status_name(enum status status)
{
    switch (status) {
#define X(name, value, text) \
    case STATUS_##name:      \
        return #name;
        STATUS_TABLE(X)
#undef X
    }
    return "no status";
}

void test_expect_status(const char *file, int line, const char *text, enum status wanted, enum status got)
{
    if (wanted == got)
        return;
    test_failures++;
    test_say("FAIL %s:%d: %s is %s (%d), not %s", file, line, text, test_status_name(got), (int)got, test_status_name(wanted));
}

void test_expect_equal(const char *file, int line, const char *text, uint64_t wanted, uint64_t got)
{
    if (wanted == got)
        return;
    test_failures++;
    test_say("FAIL %s:%d: %s is %llu (%#llx), not %llu (%#llx)", file, line, text, (unsigned long long)got, (unsigned long long)got,
             (unsigned long long)wanted, (unsigned long long)wanted);
}

/* --- words of the command line ---------------------------------------------------------------------------------------------------------- */

/* Returns: the value of the word name=VALUE, or NULL. */
static const char *word(const char *name, size_t *length)
{
    const struct boot_image *image = (const struct boot_image *)BOOT_IMAGE_ADDRESS;
    const char *at = (const char *)image + image->cmdline_offset, *end = at + image->cmdline_length;
    size_t name_length = strlen(name);
    while (at < end) {
        const char *stop = memchr(at, ' ', (size_t)(end - at));
        if (!stop)
            stop = end;
        if ((size_t)(stop - at) > name_length && !memcmp(at, name, name_length) && at[name_length] == '=') {
            *length = (size_t)(stop - at) - name_length - 1;
            return at + name_length + 1;
        }
        at = stop + 1;
    }
    return nullptr;
}

uint64_t test_number(const char *name, uint64_t otherwise)
{
    size_t length;
    char text[24];
    const char *value = word(name, &length), *at = text;
    if (!value || length >= sizeof text)
        return otherwise;
    memcpy(text, value, length);
    text[length] = 0;
    uint64_t number;
    return os_parse_number(&at, 0, &number) ? number : otherwise;
}

uint64_t test_random(uint64_t *state)
{
    uint64_t x = *state += 0x9e3779b97f4a7c15ull;
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9ull;
    x = (x ^ x >> 27) * 0x94d049bb133111ebull;
    return x ^ x >> 31;
}

unsigned test_cpus(void)
{
    uint64_t cpus;
    return os_system_info(BOOTSTRAP_CONTROL, SYSTEM_CPUS, &cpus) == STATUS_OK ? (unsigned)cpus : 1;
}

void test_sleep(uint64_t ns)
{
    static const uint32_t never;
    (void)os_futex_wait(&never, 0, os_now() + ns, 0, UINT32_MAX);
}

/* --- what things cost --------------------------------------------------------------------------------------------------------------------- */

void balance_take(struct balance *balance)
{
    uint64_t limit;
    *balance = (struct balance){};
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        (void)os_ledger_info(BOOTSTRAP_LEDGER, kind, &balance->used[kind], &limit);
    uint64_t tables = 0; /* page tables stay when what they showed is unmapped */
    (void)os_task_info(BOOTSTRAP_TASK, TASK_PAGE_TABLE_BYTES, &tables);
    balance->used[LEDGER_KERNEL] -= tables;
    (void)os_task_info(BOOTSTRAP_TASK, TASK_CAPS, &balance->caps);
    (void)os_task_info(BOOTSTRAP_TASK, TASK_MAPPED_BYTES, &balance->mapped);
    (void)os_task_info(BOOTSTRAP_TASK, TASK_THREADS, &balance->threads);
    (void)os_system_info(BOOTSTRAP_CONTROL, SYSTEM_MEMORY_FREE, &balance->free);
}

bool balance_equal(const struct balance *before, const struct balance *now, bool free)
{
    for (unsigned kind = 0; kind < LEDGER_KINDS; kind++)
        if (before->used[kind] != now->used[kind])
            return false;
    return before->caps == now->caps && before->mapped == now->mapped && before->threads == now->threads && (!free || before->free <= now->free + FREE_SLACK);
}

void balance_expect(const char *file, int line, const struct balance *before, bool free)
{
    struct balance now;
    uint64_t end = os_now() + 30000 * MILLISECONDS;
    for (;;) {
        balance_take(&now);
        if (balance_equal(before, &now, free))
            return;
        if (os_now() > end)
            break;
        test_sleep(MILLISECONDS);
    }
    test_failures++;
    test_say("FAIL %s:%d: something is left: pages %lld, kernel %lld, caps %lld, threads %lld; own caps %lld, mapped %lld, threads %lld, free %lld",
             file, line, (long long)(now.used[0] - before->used[0]), (long long)(now.used[1] - before->used[1]),
             (long long)(now.used[2] - before->used[2]), (long long)(now.used[3] - before->used[3]), (long long)(now.caps - before->caps),
             (long long)(now.mapped - before->mapped), (long long)(now.threads - before->threads), (long long)(now.free - before->free));
}

/* Make all memory present and the capability table large, so that neither shows in a balance. */
static void warm_up(void)
{
    uint64_t start, end, flags, offset, resident;
    for (uint64_t at = 0; os_mem_query(BOOTSTRAP_TASK, at, &start, &end, &flags, &offset, &resident) == STATUS_OK; at = end)
        (void)os_mem_advise(BOOTSTRAP_TASK, start, end - start, ADVICE_POPULATE);
    static cap_t caps[WARM_CAPS];
    for (unsigned i = 0; i < WARM_CAPS; i++)
        if (os_cap_duplicate(BOOTSTRAP_LEDGER, &caps[i]) != STATUS_OK)
            test_failed(__FILE__, __LINE__, "no room for capabilities");
    for (unsigned i = 0; i < WARM_CAPS; i++)
        os_drop(caps[i]);
}

/* --- threads -------------------------------------------------------------------------------------------------------------------------------- */

static void helper_main(void *argument)
{
    struct helper *helper = argument;
    helper->run(helper->argument);
    EXPECT_OK(os_notification_signal(helper->done, 1));
}

void helper_start(struct helper *helper, void (*run)(void *), void *argument)
{
    helper->run = run;
    helper->argument = argument;
    EXPECT_OK(os_notification_create(BOOTSTRAP_LEDGER, &helper->done));
    EXPECT_OK(os_thread_run(helper_main, helper, 0, &helper->thread));
}

void helper_wait(struct helper *helper)
{
    uint64_t bits;
    EXPECT_OK(os_notification_wait(helper->done, 1, os_now() + 60000 * MILLISECONDS, false, &bits));
    os_drop(helper->thread);
    os_drop(helper->done);
}

/* --- running -------------------------------------------------------------------------------------------------------------------------------- */

static bool wanted(const char *name)
{
    size_t length;
    const char *filter = word("test", &length);
    for (size_t at = 0; filter && at + length <= strlen(name); at++)
        if (!memcmp(name + at, filter, length))
            return true;
    return !filter;
}

static uint64_t own_threads(void)
{
    uint64_t threads = 0;
    (void)os_task_info(BOOTSTRAP_TASK, TASK_THREADS, &threads);
    return threads;
}

/* Threads that a test started may still be on their way out: not in the next one's balance. Some are left on purpose. */
static void let_threads_end(uint64_t before)
{
    for (unsigned i = 0; i < 200 && own_threads() > before; i++)
        test_sleep(MILLISECONDS);
}

static void run_all(void)
{
    unsigned passed = 0, failed = 0;
    for (const struct test *test = __start_native_tests; test < __stop_native_tests; test++) {
        if (!wanted(test->name))
            continue;
        unsigned before = test_failures;
        uint64_t start = os_now(), threads = own_threads();
        test->run();
        let_threads_end(threads);
        bool good = test_failures == before;
        passed += good;
        failed += !good;
        test_say("%s %s (%llu ms)", good ? "ok  " : "FAIL", test->name, (unsigned long long)((os_now() - start) / MILLISECONDS));
    }
    if (!passed && !failed) {
        test_say("FAIL no test has the word of test= in its name");
        failed++;
    }
    test_say("%u passed, %u failed", passed, failed);
}

int child_main(int (*run)(void));

int main(uint64_t argument)
{
    if (argument)
        return child_main((int (*)(void))(uintptr_t)argument);
    warm_up();
    run_all();
    (void)os_system_power(BOOTSTRAP_CONTROL, 0);
    return 1;
}
