# podman's seccomp.json as podman writes it into the config.json $config[0].
# SPDX-License-Identifier: Apache-2.0
$config[0].process.capabilities.bounding as $caps
| {defaultAction, defaultErrnoRet,
	architectures: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
	syscalls: [.syscalls[]
		| select((.includes.caps // []) - $caps == [])
		| select((.excludes.caps // []) as $not | ($not - $caps) == $not)
		| select((.includes.arches // ["amd64"]) | index("amd64"))
		| select((.excludes.arches // []) | index("amd64") | not)
		| {names, action, errnoRet, args} | del(.[] | nulls)]}
| del(.[] | nulls)
