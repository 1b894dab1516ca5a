/* The command line.  SPDX-License-Identifier: Apache-2.0 */
#include "shim/verbs/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <string.h>

#include "shim/base/text.h"
#include "shim/plan/settings.h"
#include "shim/sandbox/fault.h"
#include "shim/verbs/terminal.h"

#define TIMEOUT_MAX (10 * 365 * 86400) /* seconds */

static int take_config(struct options *o, char *value, struct err *e)
{
	(void)e;
	o->config = value;
	return 0;
}

static int take_root(struct options *o, char *value, struct err *e)
{
	if (value[0] != '/')
		return err_set(e, EINVAL, "--root: expected an absolute path, got '%s'", value);
	o->root = value;
	return 0;
}

static int take_log(struct options *o, char *value, struct err *e)
{
	(void)e;
	o->log.file = value;
	return 0;
}

static int take_log_format(struct options *o, char *value, struct err *e)
{
	if (strcmp(value, "text") && strcmp(value, "json"))
		return err_set(e, EINVAL, "--log-format: expected text or json, got '%s'", value);
	o->log.json = !strcmp(value, "json");
	return 0;
}

static int take_log_level(struct options *o, char *value, struct err *e)
{
	for (int i = 0; log_level_names[i]; i++)
		if (!strcmp(value, log_level_names[i])) {
			o->log.level = (enum log_level)i;
			return 0;
		}
	return err_set(e, EINVAL, "--log-level: expected error, warning, info or debug, got '%s'",
		       value);
}

static int take_pid(struct options *o, char *value, struct err *e)
{
	uint64_t pid;

	if (text_number(value, INT_MAX, &pid) < 0 || !pid)
		return err_set(e, EINVAL, "--pid: expected a process id, got '%s'", value);
	o->pid = (pid_t)pid;
	return 0;
}

static int take_bundle(struct options *o, char *value, struct err *e)
{
	(void)e;
	o->bundle = value;
	return 0;
}

static int take_all(struct options *o, char *value, struct err *e)
{
	(void)value;
	(void)e;
	o->all = true;
	return 0;
}

static int take_json(struct options *o, char *value, struct err *e)
{
	(void)value;
	(void)e;
	o->json = true;
	return 0;
}

static int take_timeout(struct options *o, char *value, struct err *e)
{
	uint64_t seconds;

	if (text_number(value, TIMEOUT_MAX, &seconds) < 0)
		return err_set(e, EINVAL, "--timeout: expected a number of seconds, got '%s'",
			       value);
	o->has_timeout = true;
	o->timeout_s = (int64_t)seconds;
	return 0;
}

static int take_help(struct options *o, char *value, struct err *e)
{
	(void)value;
	(void)e;
	o->help = true;
	return 0;
}

static int take_version(struct options *o, char *value, struct err *e)
{
	(void)value;
	(void)e;
	o->version = true;
	return 0;
}

#ifdef STEP_FAULTS
static int take_fault(struct options *o, char *value, struct err *e)
{
	(void)o;
	if (strncmp(value, "fail:", 5) && strncmp(value, "stop:", 5) && strcmp(value, "list"))
		return err_set(e, EINVAL, "--fault: expected fail:STEP, stop:STEP or list");
	sandbox_fault = value;
	return 0;
}
#endif

static const struct {
	struct option option;
	int (*take)(struct options *o, char *value, struct err *e);
	/* In the list of options that --help ends with.  NULL: it stands elsewhere there, or
	 * belongs to a verb, whose row in verbs.c names it. */
	const char *usage;
	const char *text; /* NULL: usage says enough */
} table[] = {
	{ { "config", required_argument, NULL, 0 },
	  take_config,
	  "--config FILE",
	  "settings (default " SETTINGS_FILE ")" },
	{ { "root", required_argument, NULL, 0 },
	  take_root,
	  "--root DIR",
	  "records (default /run/oci-deploy-hook)" },
	{ { "log", required_argument, NULL, 0 },
	  take_log,
	  "--log FILE",
	  "log to FILE besides syslog" },
	{ { "log-format", required_argument, NULL, 0 },
	  take_log_format,
	  "--log-format text|json",
	  "form of that file" },
	{ { "log-level", required_argument, NULL, 0 },
	  take_log_level,
	  "--log-level error|warning|info|debug",
	  NULL },
	{ { "help", no_argument, NULL, 0 }, take_help, "--help, --version", NULL },
	{ { "version", no_argument, NULL, 0 }, take_version, NULL, NULL },
	{ { "pid", required_argument, NULL, 0 }, take_pid, NULL, NULL },
	{ { "bundle", required_argument, NULL, 0 }, take_bundle, NULL, NULL },
	{ { "all", no_argument, NULL, 0 }, take_all, NULL, NULL },
	{ { "json", no_argument, NULL, 0 }, take_json, NULL, NULL },
	{ { "timeout", required_argument, NULL, 0 }, take_timeout, NULL, NULL },
#ifdef STEP_FAULTS
	{ { "fault", required_argument, NULL, 0 }, take_fault, NULL, NULL },
#endif
};
enum { OPTION_COUNT = sizeof(table) / sizeof(table[0]) };

static int take_operands(int argc, char *argv[], struct options *o, struct err *e)
{
	if (optind < argc)
		o->verb = argv[optind++];
	if (optind < argc)
		o->operand = argv[optind++];
	if (optind < argc)
		return err_set(e, EINVAL, "one word too many: '%s'", argv[optind]);
	return 0;
}

int options_parse(int argc, char *argv[], struct options *ret, struct err *e)
{
	struct options o = { .argv = argv, .log = { .level = LOG_LEVEL_INFO } };
	struct option longs[OPTION_COUNT + 1] = { 0 };
	char *words[128]; /* a copy, since getopt changes the order of its array */
	int index = 0, found;

	if (argc < 1 || (size_t)argc >= sizeof(words) / sizeof(words[0]))
		return err_set(e, E2BIG, "too many words on the command line");
	memcpy(words, argv, ((size_t)argc + 1) * sizeof(*words));
	for (int i = 0; i < OPTION_COUNT; i++)
		longs[i] = table[i].option;
	opterr = 0;
	optind = 0; /* glibc's getopt begins anew: this may be the second call */
	while ((found = getopt_long(argc, words, ":", longs, &index)) != -1) {
		if (found == ':')
			return err_set(e, EINVAL, "option '%s' needs a value", words[optind - 1]);
		if (found != 0)
			return optopt ? err_set(e, EINVAL, "unknown option '-%c'", optopt)
				      : err_set(e, EINVAL, "unknown option '%s'",
						words[optind - 1]);
		if (table[index].take(&o, optarg, e) < 0)
			return -1;
	}
	if (take_operands(argc, words, &o, e) < 0)
		return -1;
	*ret = o;
	return 0;
}

void options_print_usage(void)
{
	for (int i = 0; i < OPTION_COUNT; i++)
		if (table[i].usage)
			table_usage(table[i].usage, table[i].text);
}
