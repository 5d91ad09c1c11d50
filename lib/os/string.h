/* string.h: memory and strings, as ISO C and POSIX define them. */
#ifndef OS_STRING_H
#define OS_STRING_H

#include <stddef.h>

void  *memcpy(void *restrict to, const void *restrict from, size_t length);
void  *memmove(void *to, const void *from, size_t length);
void  *memset(void *to, int value, size_t length);
int    memcmp(const void *a, const void *b, size_t length);
void  *memchr(const void *from, int value, size_t length);
size_t strlen(const char *text);
size_t strnlen(const char *text, size_t limit);
int    strcmp(const char *a, const char *b);
int    strncmp(const char *a, const char *b, size_t limit);
char  *strchr(const char *text, int c);
char  *strrchr(const char *text, int c);

#endif
