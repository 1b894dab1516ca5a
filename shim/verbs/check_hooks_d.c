/* Are we registered where engines look?  SPDX-License-Identifier: Apache-2.0
 *
 * podman reads the directories that hooks_dir of containers.conf(5) names; if it names none, one
 * default directory.  A file replaces the file with the same name in an earlier directory.
 */
#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "oci/cleanup.h"
#include "oci/read.h"
#include "oci/registration.h"
#include "shim/verbs/check_host.h"
#include "shim/verbs/terminal.h"

#define LABEL "hooks.d"
#define DEFAULT_DIRECTORY "/usr/share/containers/oci/hooks.d"
#define ADMIN_DIRECTORY "/etc/containers/oci/hooks.d"
#define DIRECTORIES_MAX 16
#define FILES_MAX 256 /* that register us */
#define CONF_MAX (1024 * 1024)

/* Later files override earlier ones. */
static const char *const conf_files[] = { "/usr/share/containers/containers.conf",
					  "/etc/containers/containers.conf" };
#define CONF_DIRECTORY "/etc/containers/containers.conf.d"

struct directories {
	char paths[DIRECTORIES_MAX][PATH_MAX];
	int count;
	char conf[PATH_MAX]; /* the file that names them; "" = the default */
};

struct entry {
	const char *directory;
	char name[NAME_MAX + 1];
	bool stages[REGISTRATION_STAGES];
};

struct entries {
	struct entry list[FILES_MAX];
	int count;
};

/* Put the strings of "hooks_dir = [...]" into dirs, if text has that key.  This is no TOML parser:
 * it has to know only this one key, whose value is an array of strings. */
static void scan_conf(const char *path, const char *text, struct directories *dirs)
{
	for (const char *line = text; line; line = strchr(line, '\n')) {
		const char *end, *open;

		line += strspn(line, " \t\n");
		if (strncmp(line, "hooks_dir", 9) || line[9 + strspn(line + 9, " \t")] != '=')
			continue;
		open = strpbrk(line, "[\n");
		end = open && *open == '[' ? strchr(open, ']') : NULL;
		if (!end)
			continue;
		dirs->count = 0;
		snprintf(dirs->conf, sizeof(dirs->conf), "%s", path);
		while ((open = strchr(open, '"')) && open < end && dirs->count < DIRECTORIES_MAX) {
			size_t n = strcspn(++open, "\"");

			snprintf(dirs->paths[dirs->count++], PATH_MAX, "%.*s", (int)n, open);
			open += n + (open[n] == '"');
		}
	}
}

static void read_conf(const char *path, struct directories *dirs)
{
	auto_free char *text = NULL;
	size_t len;
	struct err e = { 0 };

	if (read_file(path, CONF_MAX, &text, &len, &e) == 0)
		scan_conf(path, text, dirs); /* a file that cannot be read the engine reports */
}

static int is_conf(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && !strcmp(entry->d_name + n - 5, ".conf");
}

static int is_json(const struct dirent *entry)
{
	size_t n = strlen(entry->d_name);

	return n > 5 && !strcmp(entry->d_name + n - 5, ".json");
}

static void find_directories(struct directories *ret)
{
	struct dirent **names = NULL;
	int count;

	ret->count = 0;
	ret->conf[0] = '\0';
	for (size_t i = 0; i < sizeof(conf_files) / sizeof(conf_files[0]); i++)
		read_conf(conf_files[i], ret);
	count = scandir(CONF_DIRECTORY, &names, is_conf, alphasort);
	for (int i = 0; i < count; i++) {
		char path[PATH_MAX];

		snprintf(path, sizeof(path), "%s/%s", CONF_DIRECTORY, names[i]->d_name);
		read_conf(path, ret);
		free(names[i]);
	}
	free(names);
	if (!ret->conf[0])
		snprintf(ret->paths[ret->count++], PATH_MAX, "%s", DEFAULT_DIRECTORY);
}

/* Is the program at path ours: by its name, or because it is the file that runs now? */
static bool names_our_program(const char *path)
{
	const char *base = strrchr(path, '/');
	struct stat theirs, own;

	if (base && !strncmp(base + 1, "oci-deploy-hook", 15))
		return true;
	return stat(path, &theirs) == 0 && stat("/proc/self/exe", &own) == 0 &&
	       theirs.st_dev == own.st_dev && theirs.st_ino == own.st_ino;
}

static void judge_registration(unsigned *tally, const char *file, const struct registration *r)
{
	struct stat st;

	if (stat(r->path, &st) < 0 || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		table_finding(tally, FINDING_BAD, LABEL,
			      "%s names '%s', which is no program: engines start containers "
			      "without it; install it, or remove the file",
			      file, r->path);
	for (int i = 0; i < REGISTRATION_STAGES; i++)
		if (r->stages[i] && !r->verbs[i])
			table_finding(tally, FINDING_BAD, LABEL,
				      "%s: hook.args lacks the verb '%s' of its stage", file,
				      registration_stage_names[i]);
	if (r->has_timeout)
		table_finding(tally, FINDING_BAD, LABEL,
			      "%s: remove hook.timeout: crun ends a container at it", file);
	if (!r->always)
		table_finding(tally, FINDING_NOTE, LABEL,
			      "%s: only some containers have hooks: when.always is not true", file);
}

/* Check one file.  If it registers us, it goes into *entries.  An earlier directory's file with the
 * same name leaves *entries. */
static void check_registration(unsigned *tally, const char *directory, const char *name,
			       struct entries *entries)
{
	auto_free char *text = NULL;
	auto_registration r = { 0 };
	char file[2 * PATH_MAX];
	struct err e = { 0 };
	size_t len;

	for (int i = 0; i < entries->count; i++)
		if (!strcmp(entries->list[i].name, name)) {
			table_finding(tally, FINDING_NOTE, LABEL, "%s/%s is masked by %s/%s",
				      entries->list[i].directory, name, directory, name);
			entries->list[i] = entries->list[--entries->count];
		}
	snprintf(file, sizeof(file), "%s/%s", directory, name);
	if (read_file(file, REGISTRATION_MAX, &text, &len, &e) < 0 ||
	    registration_parse(text, len, &r, &e) < 0) {
		table_finding(tally, FINDING_BAD, LABEL,
			      "%s: %s: podman refuses every start because of it; repair it", file,
			      e.msg);
		return;
	}
	if (!r.path || !names_our_program(r.path))
		return;
	judge_registration(tally, file, &r);
	if (entries->count < FILES_MAX) {
		struct entry *entry = &entries->list[entries->count++];

		entry->directory = directory;
		snprintf(entry->name, sizeof(entry->name), "%s", name);
		memcpy(entry->stages, r.stages, sizeof(entry->stages));
	}
}

static void check_hooks_directory(unsigned *tally, const char *directory, struct entries *entries)
{
	struct dirent **names = NULL;
	int count = scandir(directory, &names, is_json, alphasort);

	for (int i = 0; i < count; i++) {
		check_registration(tally, directory, names[i]->d_name, entries);
		free(names[i]);
	}
	free(names);
}

/* Returns how many files register us for the stage.  *ret_directory: where the last of them is. */
static int count_stage(const struct entries *entries, int stage, const char **ret_directory)
{
	int count = 0;

	for (int i = 0; i < entries->count; i++)
		if (entries->list[i].stages[stage]) {
			count++;
			*ret_directory = entries->list[i].directory;
		}
	return count;
}

static void check_stage(unsigned *tally, const struct entries *entries, int stage)
{
	const char *directory = NULL;
	int count = count_stage(entries, stage, &directory);

	if (count > 1)
		table_finding(tally, FINDING_NOTE, LABEL,
			      "registered for %s %d times: a start is still one run; remove one",
			      registration_stage_names[stage], count);
	else if (count == 1)
		table_finding(tally, FINDING_GOOD, LABEL, "registered for %s in %s",
			      registration_stage_names[stage], directory);
	else if (stage == REGISTRATION_POSTSTOP)
		table_finding(tally, FINDING_NOTE, LABEL,
			      "not registered for poststop: records go at a later start only");
	else
		table_finding(tally, FINDING_BAD, LABEL,
			      "not registered for poststart where podman and CRI-O look: no hook "
			      "runs; make install");
}

/* Are files of ours in a usual directory that podman does not read here? */
static void find_unread_files(unsigned *tally, const struct directories *dirs)
{
	static const char *const usual[] = { DEFAULT_DIRECTORY, ADMIN_DIRECTORY };

	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		struct dirent **names = NULL;
		bool read = false;
		int count, ours = 0;

		for (int j = 0; j < dirs->count; j++)
			read |= !strcmp(dirs->paths[j], usual[i]);
		count = read ? 0 : scandir(usual[i], &names, is_json, alphasort);
		for (int j = 0; j < count; j++) {
			ours += !strncmp(names[j]->d_name, "oci-deploy-hook", 15);
			free(names[j]);
		}
		free(names);
		if (ours)
			table_finding(tally, FINDING_NOTE, LABEL,
				      "podman does not read %s, where files of ours are: hooks_dir "
				      "of containers.conf would have to name it",
				      usual[i]);
	}
}

void check_hooks_d(unsigned *tally)
{
	auto_free struct directories *dirs = calloc(1, sizeof(*dirs));
	auto_free struct entries *entries = calloc(1, sizeof(*entries));

	if (!dirs || !entries) {
		table_finding(tally, FINDING_BAD, LABEL, "out of memory");
		return;
	}
	find_directories(dirs);
	if (dirs->conf[0])
		table_finding(tally, FINDING_NOTE, LABEL,
			      "podman reads what %s names as hooks_dir, and no default",
			      dirs->conf);
	for (int i = 0; i < dirs->count; i++)
		check_hooks_directory(tally, dirs->paths[i], entries);
	for (int i = 0; i < REGISTRATION_STAGES; i++)
		check_stage(tally, entries, i);
	find_unread_files(tally, dirs);
}
