/* status.h: the one table of results of system calls and protocol operations. Append only: numbers never change meaning. */
#ifndef ABI_STATUS_H
#define ABI_STATUS_H

#define STATUS_TABLE(X) \
    X(OK,                 0, "success") \
    X(INVALID_HANDLE,    -1, "the handle names no capability, or a stale one") \
    X(WRONG_TYPE,        -2, "the capability is for another type of object") \
    X(NO_RIGHTS,         -3, "the capability lacks a needed right") \
    X(INVALID_ARGUMENT,  -4, "an argument is outside what the operation takes") \
    X(NO_MEMORY,         -5, "there is no physical memory left for this") \
    X(LEDGER_SPENT,      -6, "a limit of the ledger charged for this is reached") \
    X(BAD_ADDRESS,       -7, "a user address is not mapped with the access needed") \
    X(WOULD_BLOCK,       -8, "nothing to take or no room now, and the caller did not want to wait") \
    X(TIMED_OUT,         -9, "the deadline passed") \
    X(INTERRUPTED,      -10, "an interrupt was posted to the thread while it waited") \
    X(PEER_GONE,        -11, "the other end died, was destroyed or dropped the call") \
    X(NOT_SUPPORTED,    -12, "there is no such operation here") \
    X(OVERLAP,          -13, "the address range is in use") \
    X(OUT_OF_RANGE,     -14, "an offset or size lies outside the object") \
    X(BAD_STATE,        -15, "the object is not in a state that allows this") \
    X(TABLE_FULL,       -16, "the capability table cannot grow further") \
    X(ALREADY_BOUND,    -17, "the object is bound to something else") \
    X(VALUE_CHANGED,    -18, "the futex word does not hold the expected value") \
    X(DEFERRED,         -19, "the server answers this call later (never sent to a client)") \
    X(NOT_FOUND,        -20, "no such name, process or entry") \
    X(EXISTS,           -21, "the name is taken") \
    X(NOT_DIRECTORY,    -22, "a component of the path is not a directory") \
    X(IS_DIRECTORY,     -23, "the operation is not for directories") \
    X(NOT_EMPTY,        -24, "the directory is not empty") \
    X(ACCESS_DENIED,    -25, "the credentials do not allow this") \
    X(NOT_PERMITTED,    -26, "only a privileged process may do this") \
    X(NAME_TOO_LONG,    -27, "the name or path is too long") \
    X(TOO_MANY_LINKS,   -28, "too many symbolic links in the path, or links to the file") \
    X(NO_SPACE,         -29, "the file system or device is full") \
    X(READ_ONLY,        -30, "the file system is read-only") \
    X(BROKEN_PIPE,      -31, "nobody reads the other end") \
    X(NOT_SEEKABLE,     -32, "the object has no position") \
    X(CROSS_DEVICE,     -33, "the two names are on different file systems") \
    X(NO_CHILD,         -34, "no child process to wait for") \
    X(NO_PROCESS,       -35, "no such process") \
    X(NOT_TERMINAL,     -36, "the object is not a terminal or does not take this control") \
    X(BAD_FORMAT,       -37, "the image or data is not of the needed format") \
    X(IO_ERROR,         -38, "the device or server failed") \
    X(BUSY,             -39, "the object is in use") \
    X(NO_DEVICE,        -40, "no such device") \
    X(TOO_BIG,          -41, "the argument is larger than the limit") \
    X(UNKNOWN_SESSION,  -42, "the server does not know this badge: open again") \
    X(STOPPED,          -43, "the caller was stopped by job control") \
    X(BACKGROUND,       -44, "a background process may not do this to its terminal") \
    X(DEADLOCK,         -45, "the caller would wait for itself")

enum status : int {
#define X(name, value, text) STATUS_##name = value,
    STATUS_TABLE(X)
#undef X
};

#endif
