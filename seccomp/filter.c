/* A profile as a BPF program, compiled and loaded.  SPDX-License-Identifier: Apache-2.0 */
#include "seccomp/filter.h"

#include <linux/seccomp.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "oci/cleanup.h"
#include "seccomp/newer.h"
#include "seccomp/words.h"

static void cleanup_context(scmp_filter_ctx *context)
{
	if (*context)
		seccomp_release(*context);
}
#define auto_context __attribute__((cleanup(cleanup_context))) scmp_filter_ctx

/* Is there an argument with two conditions? */
static bool has_repeated_arg(const struct profile_rule *rule)
{
	for (unsigned i = 0; i < rule->arg_count; i++)
		for (unsigned j = 0; j < i; j++)
			if (rule->args[i].arg == rule->args[j].arg)
				return true;
	return false;
}

/* Add one call of a rule.  All conditions of a rule must hold.  But libseccomp takes only one
 * condition for each argument.  If an argument has two, runc and crun make a rule of each condition
 * of the rule, so that one of them is enough; this does the same. */
static int add_call(scmp_filter_ctx context, const struct profile_rule *rule, int call)
{
	int result = 0;

	if (!has_repeated_arg(rule))
		return seccomp_rule_add_array(context, rule->action, call, rule->arg_count,
					      rule->args);
	for (unsigned i = 0; i < rule->arg_count && !result; i++)
		result = seccomp_rule_add_array(context, rule->action, call, 1, &rule->args[i]);
	return result;
}

static int add_rule(scmp_filter_ctx context, const struct profile *p,
		    const struct profile_rule *rule, struct err *e)
{
	if (rule->action == p->default_action)
		return 0; /* there is nothing to add, and libseccomp would answer -EACCES */
	for (size_t i = 0; i < rule->name_count; i++) {
		int call = seccomp_syscall_resolve_name(rule->names[i]), result;

		if (call == __NR_SCMP_ERROR)
			continue; /* newer than the library, or of another machine */
		result = add_call(context, rule, call);
		if (result < 0)
			return err_sys(e, -result, "syscalls[%td], '%.40s'", rule - p->rules,
				       rule->names[i]);
	}
	return 0;
}

static int set_up(scmp_filter_ctx context, const struct profile *p, struct err *e)
{
	/* no_new_privs is a step of its own; filter_load does not go through the library. */
	int result = seccomp_attr_set(context, SCMP_FLTATR_CTL_NNP, 0);

	if (result < 0)
		return err_sys(e, -result, "seccomp_attr_set");
	for (size_t i = 0; i < p->arch_count; i++) {
		result = seccomp_arch_add(context, p->archs[i]);
		if (result < 0 && result != -EEXIST) /* the native one is there already */
			return err_sys(e, -result, "architectures: %s",
				       word_name(WORD_ARCH, p->archs[i]));
	}
	return 0;
}

/* Copy the program out of the library, which can only write it to a descriptor. */
static int export_program(scmp_filter_ctx context, const struct profile *p, struct filter *ret,
			  struct err *e)
{
	struct sock_filter first[NEWER_INSNS_MAX];
	auto_fd fd = memfd_create("filter", MFD_CLOEXEC);
	struct stat st;
	size_t first_count = newer_calls(p, first), count;
	int result;

	if (fd < 0)
		return err_sys(e, errno, "memfd_create");
	result = seccomp_export_bpf(context, fd);
	if (result < 0)
		return err_sys(e, -result, "seccomp_export_bpf");
	if (fstat(fd, &st) < 0)
		return err_sys(e, errno, "stat the program");
	count = first_count + (size_t)st.st_size / sizeof(struct sock_filter);
	if (!st.st_size || count > BPF_MAXINSNS)
		return err_set(e, E2BIG, "a program of %zu instructions; the kernel takes %d",
			       count, BPF_MAXINSNS);
	ret->insns = calloc(count, sizeof(*ret->insns));
	if (!ret->insns)
		return err_sys(e, ENOMEM, "seccomp program");
	memcpy(ret->insns, first, first_count * sizeof(*first));
	if (pread(fd, ret->insns + first_count, (size_t)st.st_size, 0) != st.st_size)
		return err_sys(e, errno, "read the program");
	ret->len = (unsigned short)count;
	return 0;
}

int filter_compile(const struct profile *p, struct filter *ret, struct err *e)
{
	auto_context context = seccomp_init(p->default_action);
	auto_filter filter = { .flags = p->flags };

	if (!context)
		return err_set(e, EINVAL, "seccomp_init refuses the default action");
	if (set_up(context, p, e) < 0)
		return -1;
	for (size_t i = 0; i < p->rule_count; i++)
		if (add_rule(context, p, &p->rules[i], e) < 0)
			return -1;
	if (export_program(context, p, &filter, e) < 0)
		return -1;
	*ret = filter;
	filter.insns = NULL;
	return 0;
}

int filter_load(const struct filter *f, struct err *e)
{
	struct sock_fprog program = { .len = f->len, .filter = f->insns };

	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f->flags, &program) < 0)
		return err_sys(e, errno, "seccomp");
	return 0;
}

void filter_free(struct filter *f)
{
	free(f->insns);
	memset(f, 0, sizeof(*f));
}
