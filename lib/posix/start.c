/* start.c: the first process: the runtime is mapped, a thread starts in it, nothing else is there. */
#include "descriptor.h"
#include "execute.h"
#include "native.h"
#include "path.h"
#include "personality.h"
#include "pool.h"
#include "process.h"
#include "random.h"

[[noreturn]] void start_first(const struct posix_start *start);

[[noreturn]] static void give_up(const char *what, long result)
{
    os_log("the first process does not start: %s: error %ld", what, -result);
    posix_exit_process(127u << 8);
}

static void open_terminal(void)
{
    cap_t terminal = POSIX_CAP_CONSOLE;
    for (unsigned i = 0; i < 3; i++) {
        if (i && os_cap_duplicate(POSIX_CAP_CONSOLE, &terminal) != STATUS_OK)
            return;
        (void)descriptor_replace(i, terminal, KIND_CHARACTER, 0, NULL);
    }
}

/* The strings behind the path: arguments, then environment. */
static long copy_strings(struct program_strings *strings, const char *text, uint64_t arguments, uint64_t environment)
{
    long result = 0;
    for (uint64_t i = 0; i < arguments + environment && result == 0; i++) {
        size_t length = strlen(text);
        result = strings_add(strings, text, length);
        text += length + 1;
    }
    strings->argument_count = arguments;
    strings->environment_count = environment;
    return result;
}

void start_first(const struct posix_start *start)
{
    struct posix_thread *self = posix_self();
    struct thread_page *page = page_of(self);
    struct program_strings strings = {};
    *self = (struct posix_thread){.handle = POSIX_CAP_THREAD, .tid = PROCESS->pid, .alternate_flags = 2};
    page->upcall_stack = upcall_stack_top(page);
    thread_register(self);
    process.working_directory = pool_string("/", 1);
    open_terminal();
    enum status status = os_task_set_upcall(POSIX_CAP_TASK, (uaddr_t)runtime_upcall, (uaddr_t)runtime_text_start, (uaddr_t)runtime_text_end,
                                            (uaddr_t)runtime_critical_start, (uaddr_t)runtime_critical_end);
    if (status != STATUS_OK)
        give_up("upcalls", errno_of(status));
    random_start(self);
    /* The start block lies where the next upcall's stack begins: take all of it first. */
    size_t path_length = strlen(start->strings);
    struct path path;
    if (path_length >= sizeof path.buffer)
        give_up("its program", -ENAMETOOLONG);
    memcpy(path.buffer, start->strings, path_length + 1);
    path.text = path.buffer;
    path.length = path_length;
    long result = copy_strings(&strings, start->strings + path_length + 1, start->argument_count, start->environment_count);
    if (result == 0)
        result = personality_execute(self, &path, &strings);
    strings_free(&strings);
    if (result == RESULT_FRAME)
        runtime_resume();
    give_up("its program", result);
}
