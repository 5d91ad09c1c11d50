/* tmpfs.h: a file system in memory: nodes, directories, walking, open descriptions.
 * Invariants: a node lives while it has links or open descriptions; a directory's entries are in its table (by name) and in its list
 * (by position, ascending, never reused); the content of a file is the first `size` bytes of its memory object, bytes of the object
 * beyond that are zero, unless tail_unclean: then those of the last page are not. One thread serves. */
#ifndef TMPFS_TMPFS_H
#define TMPFS_TMPFS_H

#include <file.h>
#include <info.h>
#include <os.h>
#include <serve.h>
#include <table.h>

#define MODE_TYPE 0170000u
#define MODE_FIFO 0010000u
#define MODE_CHARACTER 0020000u
#define MODE_DIRECTORY 0040000u
#define MODE_BLOCK 0060000u
#define MODE_FILE 0100000u
#define MODE_LINK 0120000u
#define MODE_SOCKET 0140000u

#define OPEN_ACCESS 3u
#define OPEN_WRITE 1u
#define OPEN_READ_WRITE 2u
#define OPEN_CREATE 0100u
#define OPEN_EXCLUSIVE 0200u
#define OPEN_TRUNCATE 01000u
#define OPEN_APPEND 02000u
#define OPEN_NO_WAIT 04000u
#define OPEN_DIRECTORY 0200000u
#define OPEN_NO_FOLLOW 0400000u
#define OPEN_PATH 010000000u
#define OPEN_STATUS_FLAGS (OPEN_APPEND | OPEN_NO_WAIT)

#define NAME_LIMIT 255u
#define PATH_LIMIT 4096u

struct node;

struct entry {
    struct table_node by_name;
    struct list order;
    uint64_t position; /* of the entry after it, for list; 3 and up */
    struct node *node;
    uint32_t length;
    char name[];
};

struct node {
    uint64_t inode;
    uint32_t mode, uid, gid, links, opens;
    uint64_t device;
    uint64_t accessed_ns, modified_ns, changed_ns, created_ns;
    union {
        struct {
            cap_t memory;
            bool tail_unclean;
            bool mapped;             /* at some time: the memory object is as large as the file, by the page */
            uint64_t size, capacity; /* capacity: of the memory object, if there is one */
        } file;
        struct { struct table entries; struct list order; uint64_t next_position; struct node *parent; } directory;
        struct { char *text; size_t length; } link;
    };
};

extern struct node *root_node;
extern uint64_t node_count;

static inline bool is_directory(const struct node *node) { return (node->mode & MODE_TYPE) == MODE_DIRECTORY; }
static inline bool is_file(const struct node *node) { return (node->mode & MODE_TYPE) == MODE_FILE; }
static inline bool is_link(const struct node *node) { return (node->mode & MODE_TYPE) == MODE_LINK; }

/* --- node.c --------------------------------------------------------------------------------------------------------------------------- */
/* A node without links. NULL: no memory. */
struct node *node_new(uint32_t mode, uint64_t identity);
/* A link or an open description is gone: frees the node when that was the last. */
void node_release(struct node *node);
struct entry *directory_find(const struct node *directory, const char *name, size_t length);
/* Add a name; counts the link. NO_MEMORY. */
[[nodiscard]] enum status directory_add(struct node *directory, const char *name, size_t length, struct node *node);
/* Take the name out, and the link it was. */
void directory_remove(struct node *directory, struct entry *entry);
bool directory_empty(const struct node *directory);
void node_stat(const struct node *node, struct file_stat *stat);
/* May the identity do this (4 read, 2 write, 1 execute or search)? */
bool node_allows(const struct node *node, uint64_t identity, unsigned access);
void node_touch(struct node *node, bool modified);
/* Set the size of a file. NO_SPACE. */
[[nodiscard]] enum status file_resize(struct node *node, uint64_t size);
/* Make room for `size` bytes without changing the size. */
[[nodiscard]] enum status file_reserve(struct node *node, uint64_t size);
/* Its memory is about to be mapped, where what is beyond the end of the file must not be seen. */
[[nodiscard]] enum status file_map_exactly(struct node *node);
[[nodiscard]] enum status node_set_attributes(struct node *node, uint64_t identity, uint64_t mask, uint64_t mode, uint64_t owner, uint64_t accessed_ns, uint64_t modified_ns);

/* --- walk.c --------------------------------------------------------------------------------------------------------------------------- */
struct walk {
    struct node *parent;       /* directory of the last component; NULL for the root itself */
    const char *name;          /* the last component, inside the path */
    size_t name_length;
    struct node *node;         /* NULL: the last component does not exist */
    struct entry *entry;
    bool trailing_slash;
    bool stopped;              /* at a symbolic link to be followed: node is the link */
    size_t consumed;           /* bytes of the path up to and with the link's name */
};
/* follow: a link as the last component stops the walk too. Returns: OK (node may be NULL); NOT_FOUND, NOT_DIRECTORY, ACCESS_DENIED,
 * NAME_TOO_LONG. */
[[nodiscard]] enum status walk_path(const char *path, size_t length, uint64_t identity, bool follow, struct walk *walk);
/* May the identity add and remove names here? sticky: of this node too. */
bool may_change(const struct node *directory, const struct node *victim, uint64_t identity);

/* --- names.c, open.c, device.c, populate.c -------------------------------------------------------------------------------------------------- */
bool names_dispatch(void *self, struct request *rq);
enum status op_open(void *self, struct request *rq, uint64_t identity, uint64_t flags, uint64_t mode, uint64_t *kind, uint64_t *consumed,
                    uint64_t *length, uint64_t *device, uint64_t *inode, cap_t *object);
/* The answer of an operation whose walk stopped at a link. */
enum status answer_link(struct request *rq, const struct walk *walk, uint64_t *kind, uint64_t *consumed, uint64_t *length);
/* Is this device served here, and its open description. */
bool device_is_ours(uint64_t device);
enum status device_open(struct node *node, uint64_t flags, cap_t *object);
void populate(void);
static inline uint64_t make_device(uint64_t major, uint64_t minor)
{
    return (minor & 0xff) | (major & 0xfff) << 8 | (minor & ~0xffull) << 12 | (major & ~0xfffull) << 32;
}

#endif
