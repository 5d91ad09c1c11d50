/* hello: the example of a native program: an ordinary C program on musl, whose system calls are calls of the runtime in its own address
 * space. Says who it is, lists a folder, and has a child do the same for another.
 *
 *     hello [FOLDER [FOLDER]] */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

/* Returns: 0, or the exit code of a failure, which it reported. */
static int list_folder(const char *path)
{
    DIR *folder = opendir(path);
    if (!folder) {
        fprintf(stderr, "hello: %s: %s\n", path, strerror(errno));
        return 1;
    }
    unsigned count = 0;
    unsigned long long bytes = 0;
    for (const struct dirent *entry; (entry = readdir(folder));) {
        struct stat stat;
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        if (fstatat(dirfd(folder), entry->d_name, &stat, AT_SYMLINK_NOFOLLOW) < 0)
            continue; /* it went away meanwhile */
        if (S_ISREG(stat.st_mode))
            bytes += (unsigned long long)stat.st_size;
        printf("  %s%s\n", entry->d_name, S_ISDIR(stat.st_mode) ? "/" : "");
        count++;
    }
    closedir(folder);
    printf("%s: %u entries, %llu bytes in files\n", path, count, bytes);
    return 0;
}

int main(int argc, char **argv)
{
    const char *here = argc > 1 ? argv[1] : "/", *there = argc > 2 ? argv[2] : "/dev";
    struct utsname system;
    if (uname(&system) < 0) {
        perror("hello: uname");
        return 1;
    }
    printf("Hello from process %d on %s.\n", (int)getpid(), system.machine);
    int failed = list_folder(here);
    fflush(stdout); /* or the child would print it again */
    pid_t child = fork();
    if (child < 0) {
        perror("hello: fork");
        return 1;
    }
    if (child == 0) {
        printf("Hello from a child of process %d.\n", (int)getppid());
        return list_folder(there);
    }
    int status;
    if (waitpid(child, &status, 0) != child) {
        perror("hello: waitpid");
        return 1;
    }
    if (!WIFEXITED(status))
        return 128 + WTERMSIG(status);
    return failed ? failed : WEXITSTATUS(status);
}
