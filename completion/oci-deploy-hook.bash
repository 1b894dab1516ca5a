# bash completion for oci-deploy-hook(8).  SPDX-License-Identifier: Apache-2.0
# Works with and without the package bash-completion.

# Ids of containers of which there is a record.  Only those of harmless letters: compgen expands its
# words, and an id is the container's choice.
_oci_deploy_hook_containers() {
	"$1" "${@:2}" status --all --json 2>/dev/null |
		grep -Eo '"id": *"[A-Za-z0-9_.+-]+"' | cut -d '"' -f 4 | sort -u
}

_oci_deploy_hook() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local verb='' word expects='' root=() i

	# --option=word arrives as three words.
	if [ "$current" = = ]; then
		current=''
	elif [ "$previous" = = ] && [ "$COMP_CWORD" -ge 2 ]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		if [ "$word" = = ]; then
			continue
		elif [ -n "$expects" ]; then
			[ "$expects" != --root ] || root=(--root "$word")
			expects=''
			continue
		fi
		case $word in
		--config | --root | --log | --log-format | --log-level | --pid | --bundle | --timeout) expects=$word ;;
		-*) ;;
		*) verb=${verb:-$word} ;;
		esac
	done

	COMPREPLY=()
	case $previous in
	--config | --log)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -f -- "$current")
		return
		;;
	--root | --bundle)
		compopt -o filenames 2>/dev/null
		mapfile -t COMPREPLY < <(compgen -d -- "$current")
		return
		;;
	--log-format) set -- 'text json' ;;
	--log-level) set -- 'error warning info debug' ;;
	--pid | --timeout) return ;;
	*)
		if [[ $current == -* ]]; then
			set -- '--config --root --log --log-format --log-level --help --version'
			case $verb in
			run) set -- "$1 --pid --bundle" ;;
			check) set -- "$1 --bundle" ;;
			status) set -- "$1 --all --json" ;;
			wait) set -- "$1 --timeout" ;;
			esac
		else
			case $verb in
			'') set -- 'poststart poststop check run status wait' ;;
			check | run | status | wait)
				set -- "$(_oci_deploy_hook_containers "${COMP_WORDS[0]}" "${root[@]}")"
				;;
			*) return ;;
			esac
		fi
		;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$1" -- "$current")
}

complete -F _oci_deploy_hook oci-deploy-hook
