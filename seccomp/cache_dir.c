/* The directory of the cache: files that only we can have written.  SPDX-License-Identifier:
 * Apache-2.0 */
#include "seccomp/cache_dir.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "oci/cleanup.h"

#define FILE_MAX (4 * 1024 * 1024) /* bytes: more than the longest profile and program have */

static bool only_ours(const struct stat *st, mode_t type)
{
	return (st->st_mode & S_IFMT) == type && st->st_uid == geteuid() &&
	       !(st->st_mode & (S_IRWXG | S_IRWXO));
}

int cache_dir_open(int dir)
{
	auto_fd fd = -1;
	struct stat st;

	if (mkdirat(dir, CACHE_DIR, 0700) < 0 && errno != EEXIST)
		return -1;
	fd = openat(dir, CACHE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0 || !only_ours(&st, S_IFDIR))
		return -1;
	return take_fd(&fd);
}

int cache_dir_read(int cache, const char *name, char **ret_text, size_t *ret_size)
{
	auto_fd fd = openat(cache, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	auto_free char *text = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0 || !only_ours(&st, S_IFREG) || st.st_nlink != 1 ||
	    st.st_size < 1 || st.st_size > FILE_MAX)
		return -1;
	text = malloc((size_t)st.st_size);
	if (!text || read(fd, text, (size_t)st.st_size) != st.st_size)
		return -1;
	*ret_text = take_ptr(text);
	*ret_size = (size_t)st.st_size;
	return 0;
}

static size_t total(const struct iovec *parts, int count)
{
	size_t bytes = 0;

	for (int i = 0; i < count; i++)
		bytes += parts[i].iov_len;
	return bytes;
}

/* Count the files.  If ret_oldest is not NULL, write the name of the oldest to it. */
static unsigned look_through(int cache, char *ret_oldest, size_t size)
{
	int fd = openat(cache, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *entries = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;
	struct timespec oldest = { 0 };
	unsigned found = 0;

	if (!entries) {
		cleanup_fd(&fd);
		return 0;
	}
	while ((entry = readdir(entries))) {
		struct stat st;

		if (entry->d_type == DT_DIR)
			continue; /* not ours, and not to be removed so easily */
		found++;
		if (!ret_oldest || fstatat(cache, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (!*ret_oldest || st.st_mtim.tv_sec < oldest.tv_sec ||
		    (st.st_mtim.tv_sec == oldest.tv_sec && st.st_mtim.tv_nsec < oldest.tv_nsec)) {
			oldest = st.st_mtim;
			snprintf(ret_oldest, size, "%s", entry->d_name);
		}
	}
	closedir(entries);
	return found;
}

static void remove_oldest(int cache)
{
	while (look_through(cache, NULL, 0) > CACHE_FILES_MAX) {
		char name[NAME_MAX + 1] = "";

		(void)look_through(cache, name, sizeof(name));
		if (!*name || unlinkat(cache, name, 0) < 0)
			return;
	}
}

void cache_dir_write(int cache, const char *name, const struct iovec *parts, int count)
{
	auto_fd fd = -1;
	char temporary[32];
	uint64_t number;

	if (total(parts, count) > FILE_MAX)
		return; /* it would not be read back */

	/* A random name, so that two writers do not write into one file. */
	if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number))
		return;
	snprintf(temporary, sizeof(temporary), "new-%016llx", (unsigned long long)number);
	fd = openat(cache, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return;
	if (writev(fd, parts, count) != (ssize_t)total(parts, count) ||
	    renameat(cache, temporary, cache, name) < 0)
		(void)unlinkat(cache, temporary, 0); /* if not now, then as one of the oldest */
	remove_oldest(cache);
}

void cache_clear(int dir)
{
	auto_fd cache = -1;
	char name[NAME_MAX + 1] = "";

	if (faccessat(dir, CACHE_DIR, F_OK, AT_SYMLINK_NOFOLLOW) == 0) /* do not make it */
		cache = cache_dir_open(dir);
	while (cache >= 0 && look_through(cache, name, sizeof(name)) && *name &&
	       unlinkat(cache, name, 0) == 0)
		*name = '\0';
}
