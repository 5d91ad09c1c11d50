/* vfs.h: names to capabilities: mounts, sessions, path resolution. Not here: files themselves, which file systems hold.
 * Invariant: a path under resolution is absolute text without doubled slashes and without "."; what was walked of it holds no link. */
#ifndef VFS_VFS_H
#define VFS_VFS_H

#include <file.h>
#include <os.h>
#include <serve.h>

#define PATH_LIMIT 4096u
#define LINK_LIMIT 40u

#define MODE_TYPE 0170000u
#define MODE_FIFO 0010000u
#define MODE_CHARACTER 0020000u
#define MODE_DIRECTORY 0040000u
#define MODE_BLOCK 0060000u
#define OPEN_PATH 010000000u
#define OPEN_NO_FOLLOW 0400000u
#define OPEN_CREATE 0100u
#define OPEN_EXCLUSIVE 0200u

struct session {
    cap_t identity;
    uint64_t who; /* uid | gid << 32 */
    uint32_t pid, session;
};

#define MOUNT_PROCESSES 1u /* "self" at its root is the caller's process number */

struct mount {
    struct list link;
    char *path;   /* absolute, no trailing slash; "" for the root */
    size_t length;
    cap_t root;
    uint64_t flags;
    const char *type;
};

struct device_range {
    struct list link;
    uint64_t first, count;
    cap_t server;
};

/* A path being resolved. */
struct path {
    size_t length;
    char text[2 * PATH_LIMIT];
};

extern struct list mounts, devices;

/* --- mount.c ---- */
void mounts_start(void);
/* The mount that a resolved path lies in. */
struct mount *mount_of(const struct path *path);
enum status op_mount(void *self, struct request *rq, uint64_t flags, cap_t file_system);
enum status op_unmount(void *self, struct request *rq, uint64_t flags);
enum status op_mounts(void *self, struct request *rq, uint64_t *length);
enum status op_register_device(void *self, struct request *rq, uint64_t first, uint64_t count, cap_t server);
cap_t device_server(uint64_t device);

/* --- path.c ---- */
/* Take absolute text in, tidied. Returns: INVALID_ARGUMENT (not absolute), NAME_TOO_LONG, NOT_FOUND (empty). */
[[nodiscard]] enum status path_set(struct path *path, const char *text, size_t length);
/* Put the text of a link in the place of the first `consumed` bytes. */
[[nodiscard]] enum status path_replace(struct path *path, size_t consumed, const char *link, size_t link_length);
/* The first ".." component: its offset, or SIZE_MAX. */
size_t path_find_up(const struct path *path);
/* Remove the ".." at `up` and the component before it. */
void path_go_up(struct path *path, size_t up);

/* --- resolve.c ---- */
/* One attempt of an operation at a resolved-so-far path inside a mount: an fs call. It fills kind, consumed and length of the answer; the
 * link's text is in resolve_buffer. */
struct attempt {
    enum status (*run)(struct attempt *attempt, const struct mount *mount, const char *path, size_t length);
    const struct session *session;
    uint64_t kind, consumed, length;
    uint64_t argument[5], result[3];
    cap_t object;
};
extern char resolve_buffer[PATH_LIMIT];
/* Resolve the path, running the attempt at the end until it meets no more links. Afterwards `path` is without links. */
[[nodiscard]] enum status resolve(struct path *path, struct attempt *attempt);

/* --- names.c, session.c ---- */
bool session_dispatch(void *self, struct request *rq);
enum status op_attach(void *self, struct request *rq, cap_t identity, cap_t *session);
enum status op_refresh(void *self, struct request *rq);
void session_closed(void *self);

#endif
