/* Clean-up by attribute.  SPDX-License-Identifier: Apache-2.0
 *
 * A variable declared with one of these is released when it leaves its scope; take_* hands it
 * over.  Destructors accept the empty value and keep errno.
 */
#ifndef ODH_CLEANUP_H
#define ODH_CLEANUP_H

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

static inline void cleanup_free(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void cleanup_fd(int *fd)
{
	int saved = errno;

	if (*fd >= 0)
		(void)close(*fd); /* nothing was written that a failed close could lose */
	*fd = -1;
	errno = saved;
}

#define auto_free __attribute__((cleanup(cleanup_free)))
#define auto_fd __attribute__((cleanup(cleanup_fd))) int

static inline int take_fd(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

#define take_ptr(p)                                                                                \
	({                                                                                         \
		__typeof__(p) taken_ = p;                                                          \
		p = NULL;                                                                          \
		taken_;                                                                            \
	})

#endif
