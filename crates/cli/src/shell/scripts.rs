//! The completion scripts.

use super::Shell;

/// The names that the program is called by.
pub(super) const NAMES: [&str; 4] = ["yottabgp", "exabgp", "exabgpcli", "exabgp-cli"];

/// The script of a shell.
pub(super) fn of(shell: Shell) -> &'static str {
    match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    }
}

/// bash cuts words at `:` and `=` too, and replaces only what is behind the last of them.
const BASH: &str = r#"# bash completion of yottabgp, also called exabgp
_yottabgp() {
    local program=${COMP_WORDS[0]} before=${COMP_LINE:0:COMP_POINT} line
    case $program in *cli) program=${program%cli}; program=${program%-} ;; esac
    local current=${COMP_WORDS[COMP_CWORD]} partial=${before##*[[:space:]]}
    [[ $current == [:=] ]] && current=
    local kept=${partial%"$current"}
    COMPREPLY=()
    while IFS= read -r line; do
        if [[ $line == :files ]]; then
            compopt -o filenames 2> /dev/null
            while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
        else
            line=${line%%$'\t'*}
            COMPREPLY+=("${line#"$kept"}")
        fi
    done < <("$program" shell words "$before" 2> /dev/null)
}
complete -F _yottabgp yottabgp exabgp exabgpcli exabgp-cli
"#;

const ZSH: &str = r#"#compdef yottabgp exabgp exabgpcli exabgp-cli
# zsh completion of yottabgp, also called exabgp
_yottabgp() {
    local program=${${words[1]%cli}%-} line files=
    local -a entries
    for line in ${(f)"$($program shell words "${(j: :)words[1,CURRENT]}" 2> /dev/null)"}; do
        if [[ $line == :files ]]; then
            files=yes
        else
            entries+=("${${line%%$'\t'*}//:/\\:}:${line#*$'\t'}")
        fi
    done
    (( $#entries )) && _describe -t words word entries
    [[ -n $files ]] && _files
}
if [[ $funcstack[1] == _exabgp ]]; then
    _yottabgp "$@"
else
    compdef _yottabgp yottabgp exabgp exabgpcli exabgp-cli
fi
"#;

const FISH: &str = r#"# fish completion of yottabgp, also called exabgp
function __yottabgp_words
    set -l before (commandline -cp)
    set -l program (string replace -r -- '-?cli$' '' (commandline -opc)[1])
    for line in ($program shell words "$before" 2> /dev/null)
        if test "$line" = :files
            __fish_complete_path (commandline -ct)
        else
            echo $line
        end
    end
end
for name in yottabgp exabgp exabgpcli exabgp-cli
    complete -c $name -f -a '(__yottabgp_words)'
end
"#;
