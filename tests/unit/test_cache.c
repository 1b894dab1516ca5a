/* The cache of compiled profiles: what is believed, and what is not.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * A marker is planted: a file that is right in all but one point, with another program in it.  Who
 * gets the profile's own program has not believed it. */
#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "seccomp/cache.h"
#include "tests/unit/kernel.h"
#include "tests/unit/profiles.h"

#define MARKER 0x7ffc0000U /* SECCOMP_RET_LOG: what the profile never says */
#define FILE_SIZE_MAX 8192
#define HEADER 24 /* magic, sum, two lengths */

static char place[64];
static int dir, cache;
static struct profile profile;
static struct filter right; /* what the compiler makes of it */
static char name[NAME_MAX + 1];
static char *text; /* the file that the cache has written */
static size_t size;

static uint64_t fnv(const char *data, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)data[i]) * 0x100000001b3;
	return hash;
}

static int is_file(const struct dirent *entry)
{
	return entry->d_type != DT_DIR;
}

/* The number of files in the cache; the last one's name. */
static int files(char *ret_name)
{
	struct dirent **entries;
	int count = scandirat(cache, ".", &entries, is_file, alphasort);

	for (int i = 0; i < count; i++) {
		if (ret_name)
			snprintf(ret_name, NAME_MAX + 1, "%s", entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
	return count;
}

static void slurp(const char *file, char **ret, size_t *ret_size)
{
	int fd = openat(cache, file, O_RDONLY);
	ssize_t n;

	free(*ret);
	*ret = calloc(1, FILE_SIZE_MAX);
	n = read(fd, *ret, FILE_SIZE_MAX);
	*ret_size = n > 0 ? (size_t)n : 0;
	close(fd);
}

static void put_at(int at, const char *file, const char *data, size_t len, mode_t mode)
{
	int fd;

	(void)unlinkat(at, file, 0);
	(void)unlinkat(at, file, AT_REMOVEDIR);
	fd = openat(at, file, O_WRONLY | O_CREAT | O_EXCL, 0600);
	if (fd < 0 || write(fd, data, len) != (ssize_t)len || fchmod(fd, mode) < 0)
		ok(0, "write %s", file);
	close(fd);
}

static void put(const char *data, size_t len)
{
	put_at(cache, name, data, len, 0600);
}

/* Let sum and lengths be right again. */
static void seal(char *data, size_t len)
{
	uint64_t sum = fnv(data + HEADER, len - HEADER);

	memcpy(data + 8, &sum, sizeof(sum));
}

/* A file with the profile's key and these instructions. */
static size_t forge(char *ret, const struct sock_filter *insns, uint32_t count)
{
	size_t key = size - HEADER - right.len * sizeof(*insns);

	memcpy(ret, text, HEADER + key);
	memcpy(ret + 20, &count, sizeof(count));
	memcpy(ret + HEADER + key, insns, count * sizeof(*insns));
	seal(ret, HEADER + key + count * sizeof(*insns));
	return HEADER + key + count * sizeof(*insns);
}

#define MARKER_INSN BPF_STMT(BPF_RET | BPF_K, MARKER)
static const struct sock_filter marker[] = { MARKER_INSN };

static bool same_program(const struct filter *f, const struct filter *as)
{
	return f->len == as->len && f->flags == as->flags &&
	       !memcmp(f->insns, as->insns, as->len * sizeof(*as->insns));
}

static bool gives(int at, const struct profile *p, const struct filter *as)
{
	struct filter f = { 0 };
	struct err e = { 0 };
	bool same = cache_compile(at, p, &f, &e) == 0 && same_program(&f, as);

	filter_free(&f);
	return same;
}

/* Is what is planted under the name not believed, and replaced? */
static bool not_believed(void)
{
	char *now = NULL;
	size_t now_size;
	bool good = gives(dir, &profile, &right);

	slurp(name, &now, &now_size);
	good = good && now_size == size && !memcmp(now, text, size);
	free(now);
	return good;
}

static void refused(const char *what)
{
	ok(not_believed(), "not believed, and replaced: %s", what);
}

static void set_up(void)
{
	struct err e = { 0 };

	strcpy(place, "/tmp/test_cache.XXXXXX");
	dir = open(mkdtemp(place), O_RDONLY | O_DIRECTORY);
	profile_from("{\"defaultAction\": \"SCMP_ACT_ERRNO\", \"flags\": "
		     "[\"SECCOMP_FILTER_FLAG_LOG\"], \"architectures\": [\"SCMP_ARCH_NATIVE\"], "
		     "\"syscalls\": [{\"names\": [\"read\", \"write\"], \"action\": "
		     "\"SCMP_ACT_ALLOW\"}, {\"names\": [\"dup\"], \"action\": \"SCMP_ACT_ALLOW\", "
		     "\"args\": [{\"index\": 1, \"value\": 7, \"op\": \"SCMP_CMP_GT\"}]}]}",
		     &profile);
	ok(filter_compile(&profile, &right, &e) == 0, "compiled: %s", e.msg);
	(void)umask(077); /* as in the program */
}

static void test_first(void)
{
	struct stat st = { 0 };

	ok(gives(-1, &profile, &right), "no cache at all");
	ok(gives(dir, &profile, &right), "a cold cache");
	cache = openat(dir, CACHE_DIR, O_RDONLY | O_DIRECTORY);
	ok(fstat(cache, &st) == 0 && (st.st_mode & 07777) == 0700, "the directory: 0700");
	ok(files(name) == 1, "one file");
	ok(fstatat(cache, name, &st, 0) == 0 && st.st_mode == (S_IFREG | 0600), "of mode 0600");
	slurp(name, &text, &size);
	ok(gives(dir, &profile, &right) && files(NULL) == 1, "a warm one");
}

/* Without this, nothing below would mean anything. */
static void test_marker(void)
{
	char forged[FILE_SIZE_MAX];
	struct sock_filter insn = marker[0];
	struct filter planted = { .insns = &insn, .len = 1, .flags = right.flags };

	put(forged, forge(forged, marker, 1));
	ok(gives(dir, &profile, &planted), "a file of ours with the right key is believed");
	put(text, size);
}

static void test_damage(void)
{
	char forged[FILE_SIZE_MAX];
	size_t len = forge(forged, marker, 1);
	unsigned good = 0;

	for (size_t n = 0; n < len; n++) {
		put(forged, n);
		good += not_believed();
	}
	ok(good == len, "cut off anywhere: not believed, and replaced (%u of %zu)", good, len);
	good = 0;
	for (size_t n = 0; n < len; n++) {
		forged[n] = (char)(forged[n] ^ 0x10);
		put(forged, len);
		good += not_believed();
		forged[n] = (char)(forged[n] ^ 0x10);
	}
	ok(good == len, "any byte is wrong (%u of %zu)", good, len);
	len = forge(forged, (struct sock_filter[]){ marker[0], marker[0] }, 2);
	forged[20] = 1;
	put(forged, len);
	refused("another number of instructions");
	len = forge(forged, marker, 1);
	forged[len] = 0;
	put(forged, len + 1);
	refused("a byte too long");
	forged[HEADER + 20] ^= 1;
	seal(forged, len);
	put(forged, len);
	refused("another version's key, well sealed");
}

static void test_owner(void)
{
	char forged[FILE_SIZE_MAX];
	size_t len = forge(forged, marker, 1);
	static const mode_t modes[] = { 0640, 0604, 0620, 0602, 0666, 0610 };

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		put_at(cache, name, forged, len, modes[i]);
		refused("of a mode that is not ours");
	}
	put_at(dir, "elsewhere", forged, len, 0600);
	(void)unlinkat(cache, name, 0);
	ok(symlinkat("../elsewhere", cache, name) == 0, "a link is planted");
	refused("a symbolic link");
	(void)unlinkat(cache, name, 0);
	ok(linkat(dir, "elsewhere", cache, name, 0) == 0, "a second name is planted");
	refused("a file with two names");
	(void)unlinkat(cache, name, 0);
	ok(mkfifoat(cache, name, 0600) == 0, "a FIFO is planted");
	refused("a FIFO");
	(void)unlinkat(cache, name, 0);
	ok(mkdirat(cache, name, 0700) == 0, "a directory is planted");
	ok(gives(dir, &profile, &right), "a directory in its place: compiled");
	(void)unlinkat(cache, name, AT_REMOVEDIR);
	if (geteuid() == 0) {
		put(forged, len);
		ok(fchownat(cache, name, 1000, (gid_t)-1, 0) == 0, "somebody else's is planted");
		refused("somebody else's");
	}
}

/* What the kernel would refuse must not come as far as to it. */
static void test_programs(void)
{
	static const struct {
		const char *what;
		struct sock_filter insns[3];
		uint32_t count;
	} cases[] = {
		{ "no instruction", { { 0 } }, 0 },
		{ "no end", { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 0) }, 1 },
		{ "a jump out of it", { BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), MARKER_INSN }, 2 },
		{ "a branch out of it",
		  { BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 1), MARKER_INSN },
		  2 },
		{ "a jump by nothing",
		  { BPF_JUMP(BPF_JMP | 0x50 | BPF_K, 1, 0, 0), MARKER_INSN },
		  2 },
		{ "a look beyond the data",
		  { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), MARKER_INSN },
		  2 },
		{ "a look between", { BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), MARKER_INSN }, 2 },
		{ "a load of a byte", { BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), MARKER_INSN }, 2 },
		{ "another calculation",
		  { BPF_STMT(BPF_ALU | BPF_DIV | BPF_K, 0), MARKER_INSN },
		  2 },
		{ "a kind that is never used", { BPF_STMT(BPF_STX, 0), MARKER_INSN }, 2 },
		{ "an answer from nowhere", { BPF_STMT(BPF_RET | BPF_X, 0) }, 1 },
	};
	char forged[FILE_SIZE_MAX];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put(forged, forge(forged, cases[i].insns, cases[i].count));
		refused(cases[i].what);
	}
}

static void test_directory(void)
{
	static const mode_t modes[] = { 0750, 0705, 0770, 01777 };
	char forged[FILE_SIZE_MAX];
	size_t len = forge(forged, marker, 1);

	put(forged, len);
	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++) {
		fchmod(cache, modes[i]);
		ok(gives(dir, &profile, &right), "a cache of mode %04o is not used", modes[i]);
	}
	fchmod(cache, 0700);
	if (geteuid() == 0) {
		(void)!fchown(cache, 1000, (gid_t)-1);
		ok(gives(dir, &profile, &right), "nor somebody else's");
		(void)!fchown(cache, 0, (gid_t)-1);
	}
	ok(renameat(dir, CACHE_DIR, dir, "moved") == 0 && symlinkat("moved", dir, CACHE_DIR) == 0 &&
		   gives(dir, &profile, &right),
	   "nor one behind a symbolic link");
	(void)unlinkat(dir, CACHE_DIR, 0);
	put_at(dir, CACHE_DIR, "", 0, 0600);
	ok(gives(dir, &profile, &right), "nor a file");
	(void)unlinkat(dir, CACHE_DIR, 0);
	(void)renameat(dir, "moved", dir, CACHE_DIR);
	put(text, size);
}

/* Profiles that differ in one point only have nothing in common in the cache. */
static void test_keys(void)
{
#define P(action, archs, names, rule_action, args)                                                 \
	"{\"defaultAction\": \"SCMP_ACT_" action "\", \"architectures\": [" archs "], "            \
	"\"syscalls\": [{\"names\": [" names "], \"action\": \"SCMP_ACT_" rule_action "\", "       \
	"\"args\": [" args "]}]}"
#define A(index, value, two, op)                                                                   \
	"{\"index\": " index ", \"value\": " value ", \"valueTwo\": " two ", \"op\": "             \
	"\"SCMP_CMP_" op "\"}"
	static const char *const texts[] = {
		P("ERRNO", "", "\"read\"", "ALLOW", ""),
		P("TRAP", "", "\"read\"", "ALLOW", ""),
		P("ERRNO\", \"defaultErrnoRet\": 7, \"x\": \"", "", "\"read\"", "ALLOW", ""),
		P("ERRNO", "\"SCMP_ARCH_NATIVE\"", "\"read\"", "ALLOW", ""),
		P("ERRNO", "\"SCMP_ARCH_ARM\"", "\"read\"", "ALLOW", ""),
		P("ERRNO", "", "\"reads\"", "ALLOW", ""),
		P("ERRNO", "", "\"read\", \"write\"", "ALLOW", ""),
		P("ERRNO", "", "\"readw\", \"rite\"", "ALLOW", ""),
		P("ERRNO", "", "\"read\"", "LOG", ""),
		P("ERRNO", "", "\"read\"", "ALLOW", A("0", "1", "2", "EQ")),
		P("ERRNO", "", "\"read\"", "ALLOW", A("1", "1", "2", "EQ")),
		P("ERRNO", "", "\"read\"", "ALLOW", A("0", "4294967297", "2", "EQ")),
		P("ERRNO", "", "\"read\"", "ALLOW", A("0", "1", "3", "EQ")),
		P("ERRNO", "", "\"read\"", "ALLOW", A("0", "1", "2", "NE")),
		P("ERRNO", "", "\"read\"", "ALLOW",
		  A("0", "1", "2", "EQ") "," A("1", "1", "2", "EQ")),
		P("ERRNO", "", "\"read\"], \"action\": \"SCMP_ACT_ALLOW\"}, {\"names\": [\"write\"",
		  "ALLOW", ""),
	};
	enum { COUNT = sizeof(texts) / sizeof(texts[0]) };
	int before = files(NULL);

	for (int round = 0; round < 2; round++)
		for (size_t i = 0; i < COUNT; i++) {
			struct profile p = { 0 };
			struct filter f = { 0 };
			struct err e = { 0 };

			is_string(profile_from(texts[i], &p), "", texts[i]);
			ok(filter_compile(&p, &f, &e) == 0 && gives(dir, &p, &f),
			   "its own program");
			filter_free(&f);
			profile_free(&p);
		}
	ok(files(NULL) == before + COUNT, "a file for each");
}

static void test_flags(void)
{
	struct profile p = profile;
	struct filter f = right;
	int before = files(NULL);

	p.flags = f.flags = 0;
	ok(gives(dir, &p, &f) && files(NULL) == before, "flags are the profile's, not the file's");
}

static void numbered(unsigned i, struct profile *ret)
{
	char json[200];

	snprintf(json, sizeof(json),
		 "{\"defaultAction\": \"SCMP_ACT_ALLOW\", \"syscalls\": [{\"names\": [\"dup\"], "
		 "\"action\": \"SCMP_ACT_ERRNO\", \"errnoRet\": %u}]}",
		 i);
	profile_from(json, ret);
}

static void test_number(void)
{
	struct profile p = { 0 };
	struct filter f = { 0 };
	struct err e = { 0 };
	struct stat st;
	unsigned good = 0;

	put_at(cache, "new-0123456789abcdef", "left by one that was killed", 27, 0600);
	put(text, size);
	utimensat(cache, name, (struct timespec[]){ { 1, 0 }, { 1, 0 } }, 0);
	for (unsigned i = 1; i <= 2 * CACHE_FILES_MAX; i++) {
		numbered(i, &p);
		filter_free(&f);
		good += filter_compile(&p, &f, &e) == 0 && gives(dir, &p, &f) &&
			files(NULL) <= CACHE_FILES_MAX;
	}
	ok(good == 2 * CACHE_FILES_MAX, "never more files than that (%u)", good);
	ok(files(NULL) == CACHE_FILES_MAX, "and not fewer");
	ok(fstatat(cache, name, &st, 0) < 0, "the oldest is gone");
	ok(fstatat(cache, "new-0123456789abcdef", &st, 0) < 0, "what was left behind too");
	filter_free(&f);
	profile_free(&p);
}

static int work(unsigned rounds)
{
	struct profile p[3] = { { 0 }, { 0 }, { 0 } };
	struct filter f[3] = { { 0 }, { 0 }, { 0 } };
	struct err e = { 0 };
	int wrong = 0;

	for (unsigned i = 0; i < 3; i++) {
		numbered(i, &p[i]);
		(void)filter_compile(&p[i], &f[i], &e);
	}
	for (unsigned i = 0; i < rounds; i++)
		wrong |= !gives(dir, &p[i % 3], &f[i % 3]);
	for (unsigned i = 0; i < 3; i++) {
		profile_free(&p[i]);
		filter_free(&f[i]);
	}
	return wrong;
}

/* Cuts and removes whatever it finds. */
static void vandal(unsigned rounds)
{
	while (rounds--) {
		struct dirent **entries;
		int count = scandirat(cache, ".", &entries, is_file, alphasort);

		for (int i = 0; i < count; i++) {
			int fd = openat(cache, entries[i]->d_name, O_WRONLY);

			if (fd >= 0)
				(void)!ftruncate(fd, rounds % 90);
			if (rounds % 3 == 0)
				(void)unlinkat(cache, entries[i]->d_name, 0);
			close(fd);
			free(entries[i]);
		}
		free(entries);
	}
}

static void test_many(void)
{
	enum { WORKERS = 6 };
	int good = 0, status;

	for (int i = 0; i <= WORKERS; i++)
		if (fork() == 0) {
			if (i == WORKERS)
				vandal(200);
			_exit(i < WORKERS ? work(300) : 0);
		}
	while (wait(&status) > 0)
		good += status == 0;
	ok(good == WORKERS + 1, "many at once, and one who destroys: always the right program");
	ok(work(6) == 0 && files(NULL) <= CACHE_FILES_MAX, "and afterwards");
}

static void clear_away(void)
{
	struct dirent **entries;
	int count = scandirat(cache, ".", &entries, is_file, alphasort);

	for (int i = 0; i < count; i++)
		(void)unlinkat(cache, entries[i]->d_name, 0);
	for (int i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
	profile_free(&profile);
	filter_free(&right);
	free(text);
	(void)unlinkat(dir, CACHE_DIR, AT_REMOVEDIR);
	(void)unlinkat(dir, "elsewhere", 0);
	ok(rmdir(place) == 0, "nothing else is there");
}

int main(void)
{
	compile_without_kernel();
	set_up();
	test_first();
	test_marker();
	test_damage();
	test_owner();
	test_programs();
	test_directory();
	test_keys();
	test_flags();
	test_number();
	test_many();
	clear_away();
	return done_testing();
}
