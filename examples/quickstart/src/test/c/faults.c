// SPDX-License-Identifier: Apache-2.0
//
// Preloaded, it makes files below the folder FAULTS_BELOW fail in the way that the first letter of the file FAULTS says:
//   f  fsync and fdatasync fail
//   n  there is no space left
//   r  the file system is read-only
//   w  half of the next page of a log is written, and the process dies
//   d  the same with a page of a database
// Anything else: all is well.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#define NEXT(name) __typeof__(&name) next = (__typeof__(&name)) dlsym(RTLD_NEXT, #name)

static char fault_of(const char *path) {
    const char *below = getenv("FAULTS_BELOW");
    const char *says = getenv("FAULTS");
    if (!below || !says || strncmp(path, below, strlen(below)) != 0) {
        return 0;
    }
    int file = (int) syscall(SYS_openat, AT_FDCWD, says, O_RDONLY | O_CLOEXEC);
    char letter = 0;
    if (file < 0 || syscall(SYS_read, file, &letter, 1) != 1) {
        letter = 0;
    }
    if (file >= 0) {
        syscall(SYS_close, file);
    }
    return letter;
}

static char fault(int fd, char *path, size_t size) {
    int before = errno;
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, size - 1);
    path[length < 0 ? 0 : length] = 0;
    char letter = fault_of(path);
    errno = before;
    return letter;
}

static int ends(const char *path, const char *with) {
    size_t length = strlen(path);
    return length >= strlen(with) && strcmp(path + length - strlen(with), with) == 0;
}

// Returns whether a write is to fail.
static int fails(int fd, const void *bytes, size_t count, off_t place) {
    char path[4096];
    char letter = fault(fd, path, sizeof path);
    if (letter == 'n' || letter == 'r') {
        errno = letter == 'n' ? ENOSPC : EROFS;
        return 1;
    }
    if (((letter == 'w' && ends(path, "-wal")) || (letter == 'd' && ends(path, ".db"))) && count >= 512) {
        if (syscall(SYS_pwrite64, fd, bytes, count / 2, place) >= 0) {
            kill(getpid(), SIGKILL);
        }
    }
    return 0;
}

ssize_t write(int fd, const void *bytes, size_t count) {
    NEXT(write);
    return fails(fd, bytes, 0, 0) ? -1 : next(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t place) {
    NEXT(pwrite);
    return fails(fd, bytes, count, place) ? -1 : next(fd, bytes, count, place);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t place) {
    NEXT(pwrite64);
    return fails(fd, bytes, count, place) ? -1 : next(fd, bytes, count, place);
}

static int unsynced(int fd) {
    char path[4096];
    if (fault(fd, path, sizeof path) == 'f') {
        errno = EIO;
        return 1;
    }
    return 0;
}

int fsync(int fd) {
    NEXT(fsync);
    return unsynced(fd) ? -1 : next(fd);
}

int fdatasync(int fd) {
    NEXT(fdatasync);
    return unsynced(fd) ? -1 : next(fd);
}

static int writable(const char *path, int flags) {
    if ((flags & O_ACCMODE) != O_RDONLY && fault_of(path) == 'r') {
        errno = EROFS;
        return 0;
    }
    return 1;
}

int open(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    NEXT(open);
    return writable(path, flags) ? next(path, flags, mode) : -1;
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    va_start(rest, flags);
    mode_t mode = (flags & O_CREAT) ? va_arg(rest, mode_t) : 0;
    va_end(rest);
    NEXT(open64);
    return writable(path, flags) ? next(path, flags, mode) : -1;
}
