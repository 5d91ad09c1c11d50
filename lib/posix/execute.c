/* execute.c: execve: the strings, and the end of the old program. Not here: what the new one is (personality). */
#include "execute.h"
#include "callers.h"
#include "descriptor.h"
#include "memory.h"
#include "names.h"
#include "native.h"
#include "personality.h"
#include "pool.h"
#include "process.h"
#include "signal.h"
#include "user.h"

long strings_add(struct program_strings *strings, const char *text, size_t length)
{
    size_t needed = strings->length + length + 1;
    if (needed > STRINGS_MOST)
        return -E2BIG;
    if (needed > strings->room) {
        size_t room = strings->room ? strings->room * 2 : 512;
        while (room < needed)
            room *= 2;
        char *larger = pool_allocate(room);
        if (!larger)
            return -ENOMEM;
        memcpy(larger, strings->text, strings->length);
        pool_free(strings->text, strings->room);
        strings->text = larger;
        strings->room = room;
    }
    memcpy(strings->text + strings->length, text, length);
    strings->text[needed - 1] = 0;
    strings->length = needed;
    return 0;
}

void strings_free(struct program_strings *strings)
{
    pool_free(strings->text, strings->room);
    *strings = (struct program_strings){};
}

long strings_prepend(struct program_strings *strings, const char *const *texts, size_t count)
{
    struct program_strings joined = {.argument_count = count, .environment_count = strings->environment_count};
    size_t first = strings->argument_count ? strlen(strings->text) + 1 : 0;
    long result = 0;
    for (size_t i = 0; i < count && result == 0; i++)
        result = strings_add(&joined, texts[i], strlen(texts[i]));
    size_t rest = strings->length - first;
    if (result == 0 && rest)
        result = strings_add(&joined, strings->text + first, rest - 1);
    if (result < 0) {
        strings_free(&joined);
        return result;
    }
    if (strings->argument_count)
        joined.argument_count += strings->argument_count - 1;
    strings_free(strings);
    *strings = joined;
    return 0;
}

/* Append a NULL-terminated array of strings of the program. */
static long add_array(struct program_strings *strings, const char *const *user_array, size_t *count)
{
    const char *text;
    *count = 0;
    if (!user_array)
        return 0;
    for (;; (*count)++) {
        if (USER_READ(text, user_array + *count) < 0)
            return -EFAULT;
        if (!text)
            return 0;
        long length = user_string_length(text, 0x20000);
        if (length < 0)
            return length == -ENAMETOOLONG ? -E2BIG : length;
        long result = strings_add(strings, text, (size_t)length);
        if (result < 0)
            return result;
    }
}

static long get_path(struct path *path, int directory, const char *user_path, unsigned flags)
{
    char first = 1;
    if (flags & AT_EMPTY_PATH && USER_READ(first, user_path) < 0)
        return -EFAULT;
    if (first)
        return path_get(path, directory, user_path);
    struct descriptor *descriptor = descriptor_find(directory);
    uint64_t length = 0;
    if (!descriptor)
        return -EBADF;
    enum status status = file_path(descriptor->object, path->buffer, sizeof path->buffer - 1, &length);
    if (status != STATUS_OK || length >= sizeof path->buffer)
        return -ENOENT;
    path->buffer[length] = 0;
    path->text = path->buffer;
    path->length = length;
    return 0;
}

long posix_execute(struct posix_thread *self, int directory, const char *user_path, const char *const *user_arguments,
                   const char *const *user_environment, unsigned flags)
{
    struct path path;
    struct program_strings strings = {};
    long result = get_path(&path, directory, user_path, flags);
    if (result == 0)
        result = add_array(&strings, user_arguments, &strings.argument_count);
    if (result == 0)
        result = add_array(&strings, user_environment, &strings.environment_count);
    if (result == 0)
        result = personality_execute(self, &path, &strings);
    strings_free(&strings);
    return result;
}

void execute_commit(struct posix_thread *self)
{
    thread_release_memory(self);
    process_lock_all();
    if (process.thread_count > 1)
        thread_end_others(self);
    callers_clear(self);
    process_unlock_all();
    signal_reset_actions();
    descriptor_close_on_exec();
    self->alternate_flags = 2; /* SS_DISABLE */
    self->alternate_base = self->alternate_size = 0;
    signal_taken_again(self);
    signal_mask_restore(self);
    if (memory_clear() != STATUS_OK)
        signal_terminate(SIGKILL);
}

void execute_named(struct posix_thread *self, const char *called, const char *file, const struct program_strings *strings)
{
    char *copy = pool_string(file, strlen(file));
    const char *slash = strrchr(called, '/'), *name = slash ? slash + 1 : called;
    os_lock(&process.names_lock);
    char *old = process.executable;
    process.executable = copy;
    os_unlock(&process.names_lock);
    pool_string_free(old);
    size_t name_length = strnlen(name, sizeof self->name - 1), arguments = 0;
    memset(self->name, 0, sizeof self->name);
    memcpy(self->name, name, name_length);
    for (size_t i = 0; i < strings->argument_count; i++)
        arguments += strlen(strings->text + arguments) + 1;
    char *message = pool_allocate(name_length + 1 + arguments);
    if (!message)
        return;
    memcpy(message, self->name, name_length + 1);
    if (arguments)
        memcpy(message + name_length + 1, strings->text, arguments);
    ignore(process_started(POSIX_CAP_PROCESS, message, name_length + 1 + arguments));
    pool_free(message, name_length + 1 + arguments);
}
