/* The plan: everything that is decided before a process is touched.  SPDX-License-Identifier:
 * Apache-2.0 */
#include "shim/plan/plan.h"

#include <stdio.h>
#include <string.h>

#include "oci/cleanup.h"
#include "seccomp/cache.h"
#include "seccomp/filter.h"
#include "seccomp/words.h"
#include "shim/base/tools.h"
#include "shim/base/trusted_file.h"

/* Where programs are looked for in a container that sets no PATH, as by Docker and podman. */
#define DEFAULT_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PROFILE_FILE_MAX (1024 * 1024) /* bytes */

/* The hook's own profile: the settings' or the built-in one. */
static int parse_own_profile(struct plan *p, struct err *e)
{
	const char *path = p->settings->seccomp;
	const char *text = default_profile;
	size_t len = default_profile_len;
	auto_free char *file = NULL;
	auto_json *doc = NULL;
	struct json_node root;

	if (path) {
		if (read_trusted_file(path, PROFILE_FILE_MAX, &file, &len, e) < 0)
			return -1;
		text = file;
	}
	if (json_parse(text, len, JSON_COMMENTS, &doc, e) < 0)
		return err_prefix(e, "%s", path ? path : "the hook's own seccomp profile");
	json_root(doc, &root);
	if (keys_check(&root, e) < 0 || profile_parse(&root, &p->own, e) < 0)
		return err_prefix(e, "%s", path ? path : "the hook's own seccomp profile");
	return 0;
}

static int parse_profiles(struct plan *p, struct err *e)
{
	if (parse_own_profile(p, e) < 0)
		return -1;
	p->has_container_profile = p->bundle->seccomp.value != NULL;
	if (!p->has_container_profile)
		return 0;
	if (profile_parse(&p->bundle->seccomp, &p->container, e) < 0)
		return err_prefix(e, "config.json");
	/* Programs of other architectures run in a hook where the container's profile names those:
	 * a container without one names none. */
	return profile_add_archs(&p->own, &p->container, e);
}

static int make_argv(struct plan *p, struct err *e)
{
	char **shell = p->settings->shell;
	size_t count = 0;

	while (shell[count])
		count++;
	p->argv = calloc(count + 2, sizeof(*p->argv));
	if (!p->argv)
		return err_sys(e, ENOMEM, "plan");
	memcpy(p->argv, shell, count * sizeof(*shell));
	p->argv[count] = (char *)p->hook; /* execve does not write it */
	return 0;
}

/* PATH ends with the tools' bin.  Without a shell in the image, the tools' one is used. */
static int add_tools(struct plan *p, struct err *e)
{
	const struct process *process = &p->bundle->process;
	const char *path = bundle_env(p->bundle, "PATH");
	size_t i = 0;

	if (!p->settings->tools)
		return 0;
	if (tools_check(p->settings->tools, e) < 0)
		return -1;
	p->tools_env = calloc(process->env_count + 2, sizeof(*p->tools_env));
	if (!p->tools_env ||
	    asprintf(&p->tools_path, "PATH=%s:" TOOLS_BIN, path ? path : DEFAULT_PATH) < 0 ||
	    asprintf(&p->tools_shell, TOOLS_BIN "/%s", strrchr(p->argv[0], '/') + 1) < 0)
		return err_sys(e, ENOMEM, "plan");
	memcpy(p->tools_env, process->env, process->env_count * sizeof(*p->tools_env));
	while (i < process->env_count && strncmp(process->env[i], "PATH=", strlen("PATH=")))
		i++;
	p->tools_env[i] = p->tools_path;
	p->env = p->tools_env;
	return 0;
}

static void apply_rule(struct plan *p)
{
	for (size_t i = 0; i < POLICY_COUNT; i++) {
		const char *value = bundle_env(p->bundle, policy[i].variable);

		if (!value || !*value)
			continue;
		if (policy[i].runs)
			p->hook = value;
		else
			p->refused[i] = true;
	}
}

/* May a hook follow this container's init? */
static int check_init(const struct plan *p, struct err *e)
{
	if (p->state->foreign || p->bundle->foreign)
		return err_set(e, ENOTSUP,
			       "an annotation names a handler (wasm, krun) whose process never "
			       "executes the image's program: no hook can follow it");
	if (!p->bundle->ns_listed[NS_MOUNT])
		return err_set(
			e, ENOTSUP,
			"config.json lists no mount namespace: a hook would run on the host");
	return 0;
}

/* All that a run needs. */
static int prepare_run(struct plan *p, struct err *e)
{
	const struct process *process = &p->bundle->process;

	p->env = process->env;
	p->bounding = process->caps[CAPS_BOUNDING] & p->settings->capabilities;
	p->effective = process->caps[CAPS_EFFECTIVE] & p->bounding;
	if (check_init(p, e) < 0 || parse_profiles(p, e) < 0 || make_argv(p, e) < 0)
		return -1;
	return add_tools(p, e);
}

/* No hook runs because of *problem.  Its author is told, where the process is a container's for
 * sure and will execute the image's program. */
static void refuse_to_run(struct plan *p, const struct err *problem)
{
	struct err unused = { 0 };

	p->problem = *problem;
	p->verdict = PLAN_NOTHING;
	if ((p->hook || plan_refuses(p)) && check_init(p, &unused) == 0)
		p->verdict = PLAN_TELL;
}

static int decide(struct plan *p, struct err *e)
{
	if (!p->settings->enabled)
		return 0;
	apply_rule(p);
	p->awaits_ready = p->hook || p->refused[POLICY_RUN_FAILED];
	if (p->hook && prepare_run(p, e) < 0) {
		refuse_to_run(p, e);
		return -1;
	}
	p->verdict = p->hook ? PLAN_RUN : plan_refuses(p) ? PLAN_TELL : PLAN_NOTHING;
	return 0;
}

/* The settings cannot be read.  What is wrong with them is the operator's: the author is told only
 * that something is. */
static void decide_without_settings(struct plan *p, const struct err *e)
{
	struct err problem = { 0 };

	(void)err_set(&problem, e->code, "the operator's settings have an error");
	apply_rule(p);
	refuse_to_run(p, &problem);
}

int plan_load_text(const struct state *state, const char *config, size_t len,
		   const char *settings_path, struct plan_source *source, struct plan *ret,
		   struct err *e)
{
	*ret = (struct plan){ .state = state,
			      .bundle = &source->bundle,
			      .settings = &source->settings };
	if (bundle_parse(state->bundle, config, len, &source->bundle, e) < 0)
		return -1;
	if (settings_load(settings_path, &source->settings, e) < 0) {
		decide_without_settings(ret, e);
		return -1;
	}
	if (decide(ret, e) < 0)
		return -1;
	bundle_drop_document(&source->bundle); /* the profile in it is parsed */
	return 0;
}

int plan_load(const struct state *state, const char *settings_path, struct plan_source *source,
	      struct plan *ret, struct err *e)
{
	auto_free char *config = NULL;
	size_t len;

	*ret = (struct plan){ 0 };
	if (bundle_read(state->bundle, &config, &len, e) < 0)
		return -1;
	return plan_load_text(state, config, len, settings_path, source, ret, e);
}

void plan_source_free(struct plan_source *source)
{
	settings_free(&source->settings);
	bundle_free(&source->bundle);
}

void plan_fail(struct plan *p, const struct err *problem)
{
	if (!p->problem.code)
		p->problem = *problem;
	p->verdict = PLAN_TELL;
}

int plan_compile(const struct plan *plan, int cache, struct filter *ret_own,
		 struct filter *ret_container, struct err *e)
{
	if (cache_compile(cache, &plan->own, ret_own, e) < 0)
		return err_prefix(e, "the hook's own seccomp profile");
	if (plan->has_container_profile &&
	    cache_compile(cache, &plan->container, ret_container, e) < 0)
		return err_prefix(e, "the container's seccomp profile");
	return 0;
}

int plan_check_settings(const struct settings *settings, struct err *e)
{
	auto_plan p = { .settings = settings };
	auto_filter own = { 0 };

	if (parse_own_profile(&p, e) < 0 || filter_compile(&p.own, &own, e) < 0)
		return -1;
	return settings->tools ? tools_check(settings->tools, e) : 0;
}

void plan_free(struct plan *p)
{
	free(p->argv);
	free(p->tools_env);
	free(p->tools_path);
	free(p->tools_shell);
	profile_free(&p->own);
	profile_free(&p->container);
	memset(p, 0, sizeof(*p));
}

bool plan_refuses(const struct plan *p)
{
	for (size_t i = 0; i < POLICY_COUNT; i++)
		if (p->refused[i])
			return true;
	return false;
}
