/* Files and descriptors, read whole and bounded.  SPDX-License-Identifier: Apache-2.0 */
#include "oci/read.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "oci/cleanup.h"

#define READ_FIRST 16384 /* bytes of the first buffer */

/* Read to the end and drop it.  After an error no more can be read, so that is an end too. */
static void read_to_end(int fd)
{
	char buf[16384];
	ssize_t n;

	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && errno == EINTR));
}

/* Make room for at least one byte and the NUL.  Never for more than max + 1 and the NUL. */
static int grow(char **text, size_t *size, size_t max, struct err *e)
{
	size_t wanted = *size ? *size * 2 : READ_FIRST;
	char *bigger;

	if (wanted > max + 2)
		wanted = max + 2;
	bigger = realloc(*text, wanted);
	if (!bigger)
		return err_sys(e, ENOMEM, "read");
	*text = bigger;
	*size = wanted;
	return 0;
}

int read_all(int fd, size_t max, char **ret_text, size_t *ret_len, struct err *e)
{
	auto_free char *text = NULL;
	size_t size = 0, len = 0;

	for (;;) {
		ssize_t n;

		if (len + 1 >= size && grow(&text, &size, max, e) < 0)
			break;
		n = read(fd, text + len, size - 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			(void)err_sys(e, errno, "read");
			break;
		}
		if (n == 0) {
			text[len] = '\0';
			*ret_len = len;
			*ret_text = take_ptr(text);
			return 0;
		}
		len += (size_t)n;
		if (len > max) {
			(void)err_set(e, E2BIG, "more than %zu bytes", max);
			break;
		}
	}
	read_to_end(fd);
	return -1;
}

int read_file(const char *path, size_t max, char **ret_text, size_t *ret_len, struct err *e)
{
	/* O_NONBLOCK: opening a FIFO must not wait for its writer */
	auto_fd fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(e, errno, "open '%.150s'", path); /* room for the cause */
	if (!S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "'%.150s' is not a regular file", path);
	return read_all(fd, max, ret_text, ret_len, e);
}
