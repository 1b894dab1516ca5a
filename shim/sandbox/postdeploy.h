/* hooks.postDeploy of clevercloud/docker.json, which is deprecated.  SPDX-License-Identifier:
 * Apache-2.0
 *
 * It is a file of the image, so it is read by a process of its own that has entered the container
 * and has no rights there beyond those of the application's user, and parsed under a seccomp
 * filter.
 */
#ifndef ODH_POSTDEPLOY_H
#define ODH_POSTDEPLOY_H

#include "shim/app/app.h"
#include "shim/plan/plan.h"

#define POSTDEPLOY_FILE "clevercloud/docker.json"
#define POSTDEPLOY_MAX (64 * 1024) /* bytes of that file */
#define POSTDEPLOY_ADVICE                                                                          \
	"hooks.postDeploy of " POSTDEPLOY_FILE                                                     \
	" is deprecated and ignored: use CC_RUN_SUCCEEDED_HOOK"

/* Does that file, in the application's working directory or in the root directory of the container,
 * hold hooks.postDeploy?  A file that is no regular one, too large, not readable for the
 * application's user or not JSON, and one that cannot be read within a second, does not.
 * For a plan with a hook and an application that has started. */
bool postdeploy_found(const struct plan *plan, const struct app *app);

#endif
