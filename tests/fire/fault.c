/* A disk that fails when the test says so: preloaded before the C library, it looks at each write to the database's files.
 *
 * FAULT_CONTROL names a file of four 64-bit numbers, shared with the test:
 *   [0] what to do: 0 nothing, 1 every write fails, 2 the write with this number fails, 3 it and all after it
 *   [1] that number, counting from 1 since the test set [2] to 0
 *   [2] writes seen
 *   [3] the error, as errno has it
 * FAULT_MATCH is what the path of a file must contain to be looked at. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/types.h>
#include <unistd.h>

static volatile int64_t *control(void) {
    static volatile int64_t *shared;
    static int tried;
    if (!tried) {
        tried = 1;
        const char *path = getenv("FAULT_CONTROL");
        int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
        if (fd >= 0) {
            void *map = mmap(NULL, 4 * sizeof(int64_t), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
            close(fd);
            if (map != MAP_FAILED) shared = map;
        }
    }
    return shared;
}

static int fails(int fd) {
    volatile int64_t *shared = control();
    const char *match = getenv("FAULT_MATCH");
    if (!shared || !match || shared[0] == 0) return 0;
    char link[64], path[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    if (!strstr(path, match)) return 0;
    int64_t seen = __atomic_add_fetch(&shared[2], 1, __ATOMIC_SEQ_CST);
    int64_t what = shared[0], number = shared[1];
    if (what == 1 || (what == 2 && seen == number) || (what == 3 && seen >= number)) {
        errno = (int)shared[3];
        return 1;
    }
    return 0;
}

#define REAL(name, type) static __typeof__(type) *real; if (!real) real = (__typeof__(type) *)dlsym(RTLD_NEXT, name)

ssize_t write(int fd, const void *from, size_t size) {
    REAL("write", ssize_t(int, const void *, size_t));
    return fails(fd) ? -1 : real(fd, from, size);
}

ssize_t pwrite(int fd, const void *from, size_t size, off_t at) {
    REAL("pwrite", ssize_t(int, const void *, size_t, off_t));
    return fails(fd) ? -1 : real(fd, from, size, at);
}

ssize_t pwrite64(int fd, const void *from, size_t size, off64_t at) {
    REAL("pwrite64", ssize_t(int, const void *, size_t, off64_t));
    return fails(fd) ? -1 : real(fd, from, size, at);
}

int ftruncate(int fd, off_t size) {
    REAL("ftruncate", int(int, off_t));
    return fails(fd) ? -1 : real(fd, size);
}

int ftruncate64(int fd, off64_t size) {
    REAL("ftruncate64", int(int, off64_t));
    return fails(fd) ? -1 : real(fd, size);
}

int fsync(int fd) {
    REAL("fsync", int(int));
    return fails(fd) ? -1 : real(fd);
}

int fdatasync(int fd) {
    REAL("fdatasync", int(int));
    return fails(fd) ? -1 : real(fd);
}
