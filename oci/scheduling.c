/* config.json's process.scheduler, ioPriority and execCPUAffinity.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * Source: OCI runtime-spec, config.md "Linux Process". */
#include <string.h>

#include "oci/cleanup.h"
#include "oci/array.h"
#include "oci/process.h"

static const char *const policies[] = {
	/* by number: sched(7) */
	"SCHED_OTHER", "SCHED_FIFO", "SCHED_RR",       "SCHED_BATCH",
	NULL,          "SCHED_IDLE", "SCHED_DEADLINE",
};

static const char *const scheduler_flags[] = {
	/* by bit: sched_setattr(2) */
	"SCHED_FLAG_RESET_ON_FORK",  "SCHED_FLAG_RECLAIM",     "SCHED_FLAG_DL_OVERRUN",
	"SCHED_FLAG_KEEP_POLICY",    "SCHED_FLAG_KEEP_PARAMS", "SCHED_FLAG_UTIL_CLAMP_MIN",
	"SCHED_FLAG_UTIL_CLAMP_MAX",
};

static const char *const io_classes[] = {
	/* by number: ioprio_set(2) */
	NULL,
	"IOPRIO_CLASS_RT",
	"IOPRIO_CLASS_BE",
	"IOPRIO_CLASS_IDLE",
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))
#define IO_CLASS_SHIFT 13

/* Read the member key, which must be one of names.  Returns 1 and its number in *ret, 0 where it is
 * absent, or -1 and *e. */
static int get_name(const struct json_node *obj, const char *key, const char *const *names,
		    size_t count, int *ret, struct err *e)
{
	const char *name;
	int found = json_get_string(obj, key, &name, e);

	if (found != 1)
		return found;
	*ret = array_find_name(names, count, name);
	if (*ret < 0)
		return err_set(e, EINVAL, "%s.%s: \"%.40s\" is not known", obj->path, key, name);
	return 1;
}

static int parse_flags(const struct json_node *node, struct scheduler *s, struct err *e)
{
	struct json_array list;
	struct json_node item;

	if (json_get_array(node, "flags", &list, e) < 0)
		return -1;
	while (json_next(&list, &item)) {
		const char *name;
		int bit;

		if (json_string(&item, &name, e) < 0)
			return -1;
		bit = array_find_name(scheduler_flags, COUNT(scheduler_flags), name);
		if (bit < 0)
			return err_set(e, EINVAL, "%s: \"%.40s\" is not known", item.path, name);
		s->flags |= 1ULL << bit;
	}
	return 0;
}

static int parse_scheduler(const struct json_node *process, struct process *p, struct err *e)
{
	struct scheduler *s = &p->scheduler;
	struct json_node node;
	int64_t nice = 0;
	uint64_t priority = 0;
	int policy, found = json_member(process, "scheduler", &node, e);

	if (found != 1)
		return found;
	found = get_name(&node, "policy", policies, COUNT(policies), &policy, e);
	if (found != 1)
		return found ? -1 : err_set(e, EINVAL, "%s.policy: missing", node.path);
	if (json_get_int(&node, "nice", -20, 19, &nice, e) < 0 ||
	    json_get_uint(&node, "priority", 99, &priority, e) < 0 ||
	    json_get_uint(&node, "runtime", UINT64_MAX, &s->runtime, e) < 0 ||
	    json_get_uint(&node, "deadline", UINT64_MAX, &s->deadline, e) < 0 ||
	    json_get_uint(&node, "period", UINT64_MAX, &s->period, e) < 0)
		return -1;
	s->policy = (uint32_t)policy;
	s->nice = (int32_t)nice;
	s->priority = (uint32_t)priority;
	p->has_scheduler = true;
	return parse_flags(&node, s, e);
}

static int parse_io_priority(const struct json_node *process, struct process *p, struct err *e)
{
	struct json_node node;
	uint64_t level = 0;
	int class, found = json_member(process, "ioPriority", &node, e);

	if (found != 1)
		return found;
	found = get_name(&node, "class", io_classes, COUNT(io_classes), &class, e);
	if (found != 1)
		return found ? -1 : err_set(e, EINVAL, "%s.class: missing", node.path);
	if (json_get_uint(&node, "priority", 7, &level, e) < 0)
		return -1;
	p->io_priority = class << IO_CLASS_SHIFT | (int)level;
	p->has_io_priority = true;
	return 0;
}

/* Read the CPU number at *text and move *text after it.  Returns -1 where there is no number below
 * CPU_SETSIZE. */
static int parse_cpu(const char **text)
{
	int cpu = 0;

	if (**text < '0' || **text > '9')
		return -1;
	for (; **text >= '0' && **text <= '9'; (*text)++) {
		cpu = cpu * 10 + (**text - '0');
		if (cpu >= CPU_SETSIZE)
			return -1;
	}
	return cpu;
}

/* "0-3,7", as in cpuset(7) "List format". */
static int parse_cpus(const struct json_node *obj, const char *key, const char *text,
		      cpu_set_t *ret, struct err *e)
{
	const char *s = text;

	CPU_ZERO(ret);
	for (;;) {
		int first = parse_cpu(&s), last = first;

		if (*s == '-') {
			s++;
			last = parse_cpu(&s);
		}
		if (first < 0 || last < first || (*s && *s != ','))
			return err_set(e, EINVAL,
				       "%s.%s: expected CPUs like \"0-3,7\", got \"%.40s\"",
				       obj->path, key, text);
		for (int cpu = first; cpu <= last; cpu++)
			CPU_SET((size_t)cpu, ret);
		if (!*s)
			return 0;
		s++;
	}
}

static int parse_affinity(const struct json_node *process, struct process *p, struct err *e)
{
	static const char *const keys[] = { "initial", "final" }; /* "final" wins */
	struct json_node node;
	int found = json_member(process, "execCPUAffinity", &node, e);

	if (found != 1)
		return found;
	for (size_t i = 0; i < COUNT(keys); i++) {
		const char *text = "";

		if (json_get_string(&node, keys[i], &text, e) < 0)
			return -1;
		if (!text[0])
			continue;
		if (parse_cpus(&node, keys[i], text, &p->affinity, e) < 0)
			return -1;
		p->has_affinity = true;
	}
	return 0;
}

int scheduling_parse(const struct json_node *process, struct process *ret, struct err *e)
{
	if (parse_scheduler(process, ret, e) < 0 || parse_io_priority(process, ret, e) < 0)
		return -1;
	return parse_affinity(process, ret, e);
}
