/* file.h: structures and numbers of the file, fs and vfs protocols. Flags and modes have Linux's generic values. */
#ifndef ABI_FILE_H
#define ABI_FILE_H

#include <stdint.h>

#define FILE_POSITION UINT64_MAX
#define FILE_QUERY    UINT64_MAX
#define FILE_NO_WAIT  1u
#define FILE_ANYWAY   2u          /* to a terminal: the caller ignores or blocks SIGTTOU, so a background process may write */
#define FILE_AGAIN    4u          /* the call is made again: the server died with the first */
#define FILE_CONTROL_ANYWAY (1ull << 32) /* in file.control's request: the same */
/* The caller's process group, in the flags of read and write and in the request of control. The runtime passes it to character devices, for
 * job control: the terminal asks proc which session the group is in. A claim, not a proof: it decides nothing but which of the processes
 * that hold the same open terminal is in the background. 0 = no job control for this caller. */
#define FILE_CALLER_SHIFT 33u
#define FILE_CALLER(group) ((uint64_t)(group) << FILE_CALLER_SHIFT)
#define FILE_TIME_NOW UINT64_MAX

#define FILE_SET_MODE  1u
#define FILE_SET_UID   2u
#define FILE_SET_GID   4u
#define FILE_SET_ATIME 8u
#define FILE_SET_MTIME 16u

/* file.lock: operation = one of the first three, with flags */
#define FILE_LOCK_SHARED 0u
#define FILE_LOCK_EXCLUSIVE 1u
#define FILE_LOCK_NONE 2u         /* give back */
#define FILE_LOCK_WAIT 0x10u      /* wait until it can be had */
#define FILE_LOCK_TEST 0x20u      /* change nothing: answers kind, at, size, pid of a lock in the way; kind FILE_LOCK_NONE: there is none */
#define FILE_LOCK_WHOLE 0x40u     /* flock: belongs to the open description; else a byte range that belongs to `owner` (a pid); length 0 = to the end */

#define FS_NO_FOLLOW 1u
#define FS_REMOVE_DIRECTORY 2u
#define FS_SYMLINK 0120000u

struct file_stat {
    uint64_t device, inode, links, size, blocks, raw_device; /* blocks of 512 bytes */
    uint32_t mode, uid, gid, block_size;
    uint64_t accessed_ns, modified_ns, changed_ns, created_ns; /* since 1970 */
};

struct file_entry { /* record in the answer of file.list; records are 8-byte aligned */
    uint64_t inode, next_position;
    uint16_t record_length, name_length;
    uint8_t type;      /* DT_* */
    char name[];       /* NUL terminated */
};

struct fs_status {
    uint64_t type, block_size, blocks, blocks_free, blocks_available, files, files_free, name_length, id, flags;
};

#endif
