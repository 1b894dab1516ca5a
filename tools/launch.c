/* In front of a program that brings its own libraries.  SPDX-License-Identifier: Apache-2.0
 *
 * bin/NAME is this program, static; it executes lib/NAME beside it, whose loader and libraries are
 * in lib/ too.  What the image's environment tells to loaders was meant for the image's: a library
 * of another libc in LD_PRELOAD would end the program before its main.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define IMAGE_CERTIFICATES "/etc/ssl/certs/ca-certificates.crt"

extern char **environ;

static int is_for_loaders(const char *entry)
{
	static const char *const names[] = { "LD_", "GCONV_PATH=", "GLIBC_TUNABLES=", "LOCPATH=" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strncmp(entry, names[i], strlen(names[i])))
			return 1;
	return 0;
}

static void clear_loaders(void)
{
	char **to = environ;

	for (char **from = environ; *from; from++)
		if (!is_for_loaders(*from))
			*to++ = *from;
	*to = NULL;
}

/* The image's certificates where it has some: its author may have added one. */
static void choose_certificates(const char *dir)
{
	char own[PATH_MAX + 32];

	snprintf(own, sizeof(own), "%s/etc/ca-certificates.crt", dir);
	if (!getenv("SSL_CERT_DIR"))
		(void)setenv("SSL_CERT_FILE",
			     access(IMAGE_CERTIFICATES, R_OK) == 0 ? IMAGE_CERTIFICATES : own, 0);
}

int main(int argc, char **argv)
{
	char self[PATH_MAX], path[PATH_MAX];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *name, *bin;

	(void)argc;
	if (n < 0) {
		fprintf(stderr, "tools: cannot read /proc/self/exe: %s\n", strerror(errno));
		return 127;
	}
	self[n] = '\0';
	name = strrchr(self, '/'); /* DIR/bin/NAME */
	if (!name || name == self)
		return 127;
	*name++ = '\0';
	bin = strrchr(self, '/');
	if (!bin)
		return 127;
	*bin = '\0';
	if (snprintf(path, sizeof(path), "%s/lib/%s", self, name) >= (int)sizeof(path))
		return 127;
	clear_loaders();
	choose_certificates(self);
	execv(path, argv);
	fprintf(stderr, "%s: cannot execute %s: %s (its loader is found where hooks see it)\n",
		name, path, strerror(errno));
	return errno == ENOENT ? 127 : 126;
}
