/* main.c: the terminal server: the console terminal, by its device numbers. Not here: bytes (terminal.c), settings (control.c), job control
 * (jobs.c), editing (discipline.c). What must outlive the driver of the console is all here; the driver holds bytes under way alone. When this
 * server itself dies, the next one goes on with the terminals that are open; settings and what was typed begin anew. */
#include "terminal.h"

#include <file.h>
#include <protocols/console_server.h>
#include <protocols/device_server.h>
#include <protocols/file_server.h>

SERVICE_MANIFEST("name = tty\n"
                 "export = terminal\n"
                 "import = console proc\n"
                 "start = boot\n"
                 "restart = always\n"
                 "queue = 32\n"
                 "memory = 8M\n")

#define SIGHUP 1
#define SIGCONT 18
#define ACCESS_MODE 3u
#define READ_ONLY 0u
#define WRITE_ONLY 1u
#define APPEND 0x400u
#define NON_BLOCK 0x800u
#define CHANGEABLE (APPEND | NON_BLOCK)
#define MODE_CHARACTER 0020620u

#define DEVICE(major, minor) ((major) << 8 | (minor))
#define CONTROLLING DEVICE(5, 0)

static struct terminal console;

static const struct {
    uint32_t device;
    const char *path;
} names[] = {
    {DEVICE(5, 1), "/dev/console"}, {DEVICE(4, 0), "/dev/tty0"}, {DEVICE(4, 1), "/dev/tty1"}, {DEVICE(4, 64), "/dev/ttyS0"},
    {CONTROLLING, "/dev/tty"},
};

static const char *name_of(uint32_t device)
{
    for (size_t i = 0; i < ARRAY_LENGTH(names); i++)
        if (names[i].device == device)
            return names[i].path;
    return nullptr;
}

/* --- open descriptions: the file protocol ------------------------------------------------------------------------------------------------ */

static bool no_wait(const struct opened *opened, uint64_t flags)
{
    return (opened->flags & NON_BLOCK) || (flags & FILE_NO_WAIT);
}

static enum status read(void *self, struct request *rq, uint64_t, uint64_t flags, uint64_t *count)
{
    struct opened *opened = self;
    if ((opened->flags & ACCESS_MODE) == WRITE_ONLY)
        return STATUS_ACCESS_DENIED;
    enum status status = jobs_check(opened->terminal, (uint32_t)(flags >> FILE_CALLER_SHIFT));
    if (status != STATUS_OK)
        return status;
    rq->parameter[1] = 1; /* input goes back when the answer does not arrive */
    return terminal_read(opened, rq, no_wait(opened, flags), count);
}

static enum status write(void *self, struct request *rq, uint64_t, uint64_t flags, uint64_t *count)
{
    struct opened *opened = self;
    if ((opened->flags & ACCESS_MODE) == READ_ONLY)
        return STATUS_ACCESS_DENIED;
    if ((opened->terminal->discipline.termios.lflag & TOSTOP) && !(flags & FILE_ANYWAY)) {
        enum status status = jobs_check(opened->terminal, (uint32_t)(flags >> FILE_CALLER_SHIFT));
        if (status != STATUS_OK)
            return status;
    }
    return terminal_write(opened, rq, no_wait(opened, flags), count);
}

static enum status file_control_op(void *self, struct request *rq, uint64_t request, uint64_t argument, uint64_t *result)
{
    return control(self, rq, request, argument, result);
}

static enum status seek(void *, struct request *, int64_t, uint64_t, uint64_t *)
{
    return STATUS_NOT_SEEKABLE;
}

static enum status stat(void *self, struct request *rq)
{
    const struct opened *opened = self;
    struct file_stat stat = {.inode = opened->device, .links = 1, .raw_device = opened->device, .mode = MODE_CHARACTER, .block_size = 1024};
    return rq->out_length < sizeof stat ? STATUS_INVALID_ARGUMENT : request_write(rq, 0, &stat, sizeof stat);
}

static enum status poll(void *self, struct request *, uint64_t events, uint64_t bits, cap_t notification, uint64_t *ready)
{
    struct opened *opened = self;
    return poll_ask(&opened->terminal->polls, opened, terminal_ready(opened->terminal), events, bits, notification, ready);
}

static enum status sync(void *, struct request *)
{
    return STATUS_INVALID_ARGUMENT;
}

static enum status set_flags(void *self, struct request *, uint64_t flags, uint64_t *now)
{
    struct opened *opened = self;
    if (flags != FILE_QUERY)
        opened->flags = (opened->flags & ~CHANGEABLE) | ((uint32_t)flags & CHANGEABLE);
    *now = opened->flags;
    return STATUS_OK;
}

static enum status path(void *self, struct request *rq, uint64_t *length)
{
    const char *name = name_of(((struct opened *)self)->device);
    if (!name)
        return STATUS_NOT_FOUND;
    *length = strlen(name);
    return rq->out_length < *length ? STATUS_INVALID_ARGUMENT : request_write(rq, 0, name, *length);
}

static enum status open_terminal(struct terminal *terminal, uint32_t device, uint32_t flags, cap_t *object);

static enum status duplicate(void *self, struct request *, cap_t *object)
{
    const struct opened *opened = self;
    return open_terminal(opened->terminal, opened->device, opened->flags, object);
}

static bool dispatch_opened(void *self, struct request *rq)
{
    static const struct file_ops ops = {
        .read = read, .write = write, .seek = seek, .stat = stat, .control = file_control_op, .poll = poll, .sync = sync,
        .set_flags = set_flags, .duplicate = duplicate, .path = path,
    };
    rq->parameter[1] = 0; /* not a read */
    return file_dispatch(&ops, self, rq);
}

static void close(void *self)
{
    struct opened *opened = self;
    poll_forget(&opened->terminal->polls, opened);
    os_free(opened);
}

static void cancel(void *, struct request *rq)
{
    terminal_cancel(rq);
}

static void interrupted(void *, struct request *rq)
{
    terminal_interrupted(rq);
}

static void undelivered(void *self, struct request *rq)
{
    terminal_undelivered(self, rq);
}

static const struct serve_type opened_type = {.dispatch = dispatch_opened, .close = close, .cancel = cancel, .interrupted = interrupted, .undelivered = undelivered};

static struct opened *make_opened(struct terminal *terminal, uint32_t device, uint32_t flags)
{
    struct opened *opened = NEW(struct opened);
    if (opened)
        *opened = (struct opened){.terminal = terminal, .device = device, .flags = flags & (ACCESS_MODE | CHANGEABLE)};
    return opened;
}

/* What another instance of this server must know to go on with an open terminal: which, and how it was opened. */
static uint8_t tag_of(const struct opened *opened)
{
    uint8_t index = 0;
    while (names[index].device != opened->device)
        index++;
    return (uint8_t)(index << 3 | (opened->flags & NON_BLOCK ? 4 : 0) | (opened->flags & ACCESS_MODE));
}

static void *adopt(uint8_t tag, const struct serve_type **type)
{
    *type = &opened_type;
    if ((size_t)tag >> 3 >= ARRAY_LENGTH(names))
        return nullptr;
    return make_opened(&console, names[tag >> 3].device, (tag & 4 ? NON_BLOCK : 0) | (tag & ACCESS_MODE));
}

static enum status open_terminal(struct terminal *terminal, uint32_t device, uint32_t flags, cap_t *object)
{
    struct opened *opened = make_opened(terminal, device, flags);
    if (!opened)
        return STATUS_NO_MEMORY;
    enum status status = serve_open_tagged(&opened_type, opened, tag_of(opened), object, nullptr);
    if (status != STATUS_OK)
        os_free(opened);
    return status;
}

/* --- devices ---------------------------------------------------------------------------------------------------------------------------- */

static enum status open_device(void *, struct request *, uint64_t device, uint64_t flags, uint64_t, uint64_t session, cap_t *object)
{
    if (device == CONTROLLING && (!console.session || (session && session != console.session)))
        return STATUS_NO_DEVICE;
    if (device > UINT32_MAX || !name_of((uint32_t)device))
        return STATUS_NO_DEVICE;
    return open_terminal(&console, (uint32_t)device, (uint32_t)flags, object);
}

static enum status session_gone(void *, struct request *, uint64_t session)
{
    if (!session || session != console.session)
        return STATUS_OK;
    uint32_t group = console.foreground;
    console.session = console.foreground = 0;
    if (group) {
        jobs_signal(group, SIGHUP);
        jobs_signal(group, SIGCONT);
    }
    return STATUS_OK;
}

/* --- the driver ------------------------------------------------------------------------------------------------------------------------- */

static enum status input(void *, struct request *, uint64_t count, uint64_t bytes0, uint64_t bytes1, uint64_t bytes2, uint64_t bytes3)
{
    uint64_t words[4] = {bytes0, bytes1, bytes2, bytes3};
    uint8_t bytes[32];
    if (count > sizeof bytes)
        return STATUS_INVALID_ARGUMENT;
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)(words[i / 8] >> i % 8 * 8);
    terminal_input(&console, bytes, count);
    return STATUS_OK;
}

static enum status room(void *, struct request *, uint64_t pending)
{
    terminal_room(&console, pending);
    return STATUS_OK;
}

static enum status driver_started(void *, struct request *)
{
    terminal_driver_started(&console);
    return STATUS_OK;
}

static bool dispatch_root(void *self, struct request *rq)
{
    static const struct device_ops device = {.open = open_device, .session_gone = session_gone};
    static const struct console_ops driver = {.input = input, .room = room, .started = driver_started};
    return device_dispatch(&device, self, rq) || console_dispatch(&driver, self, rq);
}

int main(uint64_t)
{
    static const struct serve_type root = {.dispatch = dispatch_root};
    static const struct server server = {.root = &root, .adopt = adopt};
    uint64_t type, rights, badge;
    bool has_driver = os_cap_info(serve_import(IMPORT_CONSOLE), &type, &rights, &badge) == STATUS_OK;
    terminal_init(&console, has_driver ? serve_import(IMPORT_CONSOLE) : CAP_NULL);
    return serve_run(&server);
}
