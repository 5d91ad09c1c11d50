/* entries.h: reading directories. */
#ifndef POSIX_ENTRIES_H
#define POSIX_ENTRIES_H

#include "posix.h"

/* getdents64: fills the buffer with records of struct linux_dirent64. */
[[nodiscard]] long posix_entries(int number, void *user_buffer, size_t length);
/* Turn records of struct file_entry into those, in place. Returns: false when the records make no sense. */
bool entries_convert(void *buffer, size_t length);

#endif
