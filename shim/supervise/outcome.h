/* How a start can end: one table.  SPDX-License-Identifier: Apache-2.0
 *
 * Every start that has a supervisor ends in one of these ways.  A row of the table in outcome.c
 * says what the log, the record and the author are told then, and how run and wait exit.
 */
#ifndef ODH_OUTCOME_H
#define ODH_OUTCOME_H

#include "shim/base/log.h"
#include "shim/plan/plan.h"
#include "shim/record/record_file.h"
#include "shim/sandbox/relay.h"

enum ending {
	/* no hook was to be run, or not yet */
	ENDING_UNSUPERVISED,     /* we could not wait for the application; why in error */
	ENDING_SUPERVISOR_ENDED, /* it got a signal while it waited; value: the signal */
	ENDING_NOT_STARTED,      /* the application ended before its program was executed */
	ENDING_ENDED_UNREADY,    /* it ended before it was ready; how in error */
	ENDING_NOT_READY,        /* it was not ready in time, or can never be; why in error */
	ENDING_ONLY_REFUSED,     /* no hook is to be run: refused, or the plan has a problem */
	/* a hook was to be run */
	ENDING_APP_ENDED_FIRST, /* the application ended before the hook was born */
	ENDING_NOT_RUN,         /* we could not; why in error */
	ENDING_NOT_EXECUTED,    /* value: STATUS_NOT_EXECUTABLE or _NOT_FOUND; why in error */
	/* a hook ran */
	ENDING_SUCCEEDED,
	ENDING_EXITED,      /* value: its exit status, not 0 */
	ENDING_KILLED,      /* value: the signal, which was not ours */
	ENDING_TIMED_OUT,   /* value: after that many seconds */
	ENDING_INTERRUPTED, /* value: the signal that guard or watcher got */
	ENDING_APP_ENDED,   /* the application ended while the hook ran */
	ENDING_COUNT
};

struct outcome {
	enum ending ending;
	int value;
	struct err error;
	pid_t pid;                    /* of the hook; 0 = never born */
	bool leftovers;               /* processes that it left were killed */
	uint64_t dropped;             /* bytes of output that were lost */
	size_t output_len;            /* in output mode "log": the end of the output, any bytes */
	char output[HOOK_OUTPUT_MAX]; /* not terminated */
};

/* What is said of an ending.  In the words, "{value}" and "{why}" stand for the outcome's value and
 * for the message of its error. */
struct ending_row {
	const char *words;
	/* the log */
	enum log_level level;
	const char *event;      /* NULL: nothing is logged */
	const char *log_prefix; /* before the words, or NULL */
	/* the record */
	enum record_hook hook;
	bool no_reason;     /* the record has no words: its state and exit status say enough */
	bool run_failed;    /* the application did not start, or did not get ready */
	bool keeps_problem; /* where the plan had a problem, its reason stays in the record */
	bool app_ended;
	/* the author */
	bool tell_author;
	const char *author_prefix; /* before the words, or NULL */
	/* exit statuses: a number, or one of enum ending_status */
	int run_status, wait_status;
};
enum ending_status { ENDING_VALUE = -1, ENDING_SIGNAL = -2 /* STATUS_SIGNAL + value */ };
extern const struct ending_row endings[ENDING_COUNT];

/* The words of the outcome after prefix (NULL = none).  What does not fit is cut.  Returns buf. */
const char *outcome_words(const struct outcome *outcome, const char *prefix, char *buf,
			  size_t size);

/* Say in buf what became of output that was lost.  Returns false where none was, or none is wanted.
 */
bool outcome_dropped(const struct outcome *outcome, const struct plan *plan, char *buf,
		     size_t size);

/* Put the outcome into the record.  If the plan has a problem, poststart has put the reason there
 * already, and it stays.  If only refused hooks are set, the state stays "refused". */
void outcome_record(const struct outcome *outcome, const struct plan *plan,
		    struct record_file *file);

/* The exit status of run. */
int outcome_run_status(const struct outcome *outcome);

/* The exit status of wait, from a record into which outcome_record has put the end. */
int outcome_wait_status(const struct record *record);

#endif
