/* processes.c: calls about processes, time and the system whose structures or arguments are Linux's. */
#include "linux.h"

long linux_clone(struct posix_thread *self, struct frame *frame)
{
    return posix_clone(self, &(struct clone_request){
        .flags = LINUX_A0(frame), .stack = LINUX_A1(frame), .user_parent_tid = (uint32_t *)LINUX_A2(frame),
        .user_child_tid = (uint32_t *)LINUX_CLONE_CHILD_TID(frame), .tls = LINUX_CLONE_TLS(frame),
    });
}

/* --- waiting for children ------------------------------------------------------------------------------------------------------------------- */

static long put_usage(const struct waited *waited, struct posix_usage *user_usage)
{
    struct posix_usage usage = {.user = info_micro(waited->user_ns), .system = info_micro(waited->system_ns)};
    return user_usage ? USER_WRITE(user_usage, usage) : 0;
}

#define WAIT_CLONE_FLAGS 0xe0000000u /* of any kind of child, of this thread: all are alike here */

long linux_wait4(struct posix_thread *self, int selector, uint32_t *user_status, unsigned options, struct posix_usage *user_usage)
{
    struct waited waited;
    options &= ~WAIT_CLONE_FLAGS;
    if (options & WAIT_EXITED)
        return -EINVAL;
    long result = posix_wait(self, selector, options | WAIT_EXITED, &waited);
    if (result <= 0)
        return result;
    uint32_t status = wait_status_out(waited.status);
    if ((user_status && USER_WRITE(user_status, status) < 0) || put_usage(&waited, user_usage) < 0)
        return -EFAULT;
    return result;
}

/* si_code and si_status of a wait status. */
static void child_info(const struct waited *waited, struct linux_siginfo *info)
{
    enum { EXITED = 1, KILLED = 2, STOPPED = 5, CONTINUED = 6 };
    uint32_t status = waited->status;
    info->signal = (int32_t)signal_out(SIGCHLD);
    info->child.pid = waited->pid;
    info->child.uid = PROCESS->uid;
    if (status == 0xffff)
        info->code = CONTINUED, info->child.status = (int32_t)signal_out(SIGCONT);
    else if ((status & 0xff) == 0x7f)
        info->code = STOPPED, info->child.status = (int32_t)signal_out(status >> 8 & 0xff);
    else if (status & 0x7f)
        info->code = KILLED, info->child.status = (int32_t)signal_out(status & 0x7f);
    else
        info->code = EXITED, info->child.status = (int32_t)(status >> 8 & 0xff);
}

long linux_waitid(struct posix_thread *self, unsigned type, int id, struct linux_siginfo *user_info, unsigned options, struct posix_usage *user_usage)
{
    enum { ALL = 0, PROCESS_ID = 1, GROUP = 2 };
    struct waited waited = {};
    struct linux_siginfo info = {};
    options &= ~WAIT_CLONE_FLAGS;
    if (type > GROUP || (type == PROCESS_ID && id <= 0) || (type == GROUP && id < 0) || !(options & (WAIT_EXITED | WAIT_STOPPED | WAIT_CONTINUED)))
        return -EINVAL;
    int64_t selector = type == ALL ? -1 : type == PROCESS_ID ? id : id == 0 ? 0 : -id;
    long result = posix_wait(self, selector, options, &waited);
    if (result < 0)
        return result;
    if (result > 0)
        child_info(&waited, &info);
    if ((user_info && USER_WRITE(user_info, info) < 0) || put_usage(&waited, user_usage) < 0)
        return -EFAULT;
    return 0;
}

/* --- threads and machines ------------------------------------------------------------------------------------------------------------------------ */

long linux_prctl(struct posix_thread *self, int option, uint64_t a, uint64_t b)
{
    enum { SET_DEATH_SIGNAL = 1, GET_DEATH_SIGNAL = 2, GET_DUMPABLE = 3, SET_DUMPABLE = 4, SET_NAME = 15, GET_NAME = 16, CAPABILITY_READ = 23,
           GET_TIMER_SLACK = 30, SET_CHILD_REAPER = 36, SET_NO_NEW_PRIVILEGES = 38, GET_NO_NEW_PRIVILEGES = 39 };
    uint32_t none = 0;
    (void)b;
    switch (option) {
    case GET_DEATH_SIGNAL: return USER_WRITE((uint32_t *)a, none);
    case SET_DEATH_SIGNAL: return a == 0 ? 0 : -EINVAL;
    case GET_DUMPABLE: return 1;
    case SET_DUMPABLE: return a <= 1 ? 0 : -EINVAL;
    case SET_NAME: return posix_name_thread(self, (const char *)a);
    case GET_NAME: return posix_thread_name(self, (char *)a);
    case CAPABILITY_READ: return a > 40 ? -EINVAL : PROCESS->euid == 0;
    case GET_TIMER_SLACK: return 50000;
    case GET_NO_NEW_PRIVILEGES: return 0;
    default: return -EINVAL;
    }
}

long linux_arch_prctl(struct frame *frame, int code, uint64_t address)
{
    enum { SET_FS = 0x1002, GET_FS = 0x1003 };
    uint64_t now = frame->FRAME_TLS;
    switch (code) {
    case SET_FS:
        if (address >= USER_END)
            return -EPERM;
        frame->FRAME_TLS = address;
        linux_set_result(frame, 0);
        return RESULT_FRAME;
    case GET_FS: return USER_WRITE((uint64_t *)address, now);
    default: return -EINVAL;
    }
}

long linux_set_thread_area(struct frame *frame, uint64_t address)
{
    frame->FRAME_TLS = address;
    return 0;
}

long linux_get_robust_list(struct posix_thread *self, int tid, uint64_t *user_head, uint64_t *user_size)
{
    uint64_t size = 24;
    os_lock(&process.threads_lock);
    struct posix_thread *thread = tid == 0 ? self : thread_find_locked((uint32_t)tid);
    uint64_t head = thread ? page_of(thread)->robust_list : 0;
    os_unlock(&process.threads_lock);
    if (!thread)
        return -ESRCH;
    return USER_WRITE(user_head, head) < 0 ? -EFAULT : USER_WRITE(user_size, size);
}

long linux_getcpu(struct posix_thread *self, uint32_t *user_cpu, uint32_t *user_node)
{
    uint64_t cpu;
    uint32_t number, node = 0;
    enum status status = os_thread_info(self->handle, THREAD_CPU, &cpu);
    number = (uint32_t)cpu;
    if (status != STATUS_OK)
        return errno_of(status);
    if ((user_cpu && USER_WRITE(user_cpu, number) < 0) || (user_node && USER_WRITE(user_node, node) < 0))
        return -EFAULT;
    return 0;
}

/* --- time ------------------------------------------------------------------------------------------------------------------------------------------ */

long linux_gettimeofday(struct posix_micro_time *user_time, void *user_zone)
{
    uint64_t ns;
    long result = clock_read(CLOCK_REALTIME, &ns);
    if (result < 0)
        return result;
    struct posix_micro_time time = info_micro(ns);
    if (user_time && USER_WRITE(user_time, time) < 0)
        return -EFAULT;
    return user_zone ? user_clear(user_zone, 8) : 0;
}

/* There is one time zone, that of the clock. */
long linux_settimeofday(const struct posix_micro_time *user_time, const struct linux_zone *user_zone)
{
    struct posix_micro_time time;
    struct linux_zone zone;
    if (user_time && USER_READ(time, user_time) < 0)
        return -EFAULT;
    if (user_time && (uint64_t)time.microseconds >= 1000000)
        return -EINVAL;
    if (user_zone && USER_READ(zone, user_zone) < 0)
        return -EFAULT;
    if (user_zone && (zone.minutes_west || zone.saving))
        return -EINVAL;
    if (!user_time)
        return PROCESS->euid ? -EPERM : 0;
    return clock_set(&(struct posix_time){time.seconds, time.microseconds * 1000});
}

long linux_time(int64_t *user_seconds)
{
    uint64_t ns;
    long result = clock_read(CLOCK_REALTIME, &ns);
    if (result < 0)
        return result;
    int64_t seconds = (int64_t)(ns / 1000000000);
    return user_seconds && USER_WRITE(user_seconds, seconds) < 0 ? -EFAULT : seconds;
}

/* --- the system ------------------------------------------------------------------------------------------------------------------------------------ */

#define NAME_LENGTH 65u

long linux_uname(void *user_names)
{
    static const char names[6][NAME_LENGTH] = {"Linux", "heddle", "6.12.0-heddle", "#1 SMP Heddle", LINUX_MACHINE, "(none)"};
    return USER_WRITE(user_names, names);
}

long linux_reboot(unsigned magic, unsigned magic2, unsigned command)
{
    enum { POWER_OFF = 0, RESTART = 1 };
    if (magic != 0xfee1dead || (magic2 != 672274793 && magic2 != 85072278 && magic2 != 369367448 && magic2 != 537993216))
        return -EINVAL;
    switch (command) {
    case 0x01234567: return posix_power(RESTART);
    case 0x4321fedc:
    case 0xcdef0123: return posix_power(POWER_OFF);
    case 0:
    case 0x89abcdef: return PROCESS->euid == 0 ? 0 : -EPERM; /* Ctrl-Alt-Del off and on: there is none */
    default: return -EINVAL;
    }
}
