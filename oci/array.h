/* Arrays, made and searched.  SPDX-License-Identifier: Apache-2.0 */
#ifndef ODH_ARRAY_H
#define ODH_ARRAY_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "oci/err.h"

#define ARRAY_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* Make an array of n zeroed items, for the caller to free.  For n = 0 it is empty, and not NULL.
 * what: names what is read, for the message.  Returns NULL and *e where there is no memory. */
static inline void *array_new(size_t n, size_t size, const char *what, struct err *e)
{
	void *array = calloc(n + 1, size);

	if (!array)
		(void)err_sys(e, ENOMEM, "%s", what);
	return array;
}

/* The row of a table of names, which may have gaps (NULL), or -1 where name is not in it. */
static inline int array_find_name(const char *const *names, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (names[i] && !strcmp(names[i], name))
			return (int)i;
	return -1;
}

#endif
