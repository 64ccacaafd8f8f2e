// Each script asks the program that is being typed, so that it knows the commands, flags and corpora of that version and
// workspace, and lets the shell complete files where the program has no answer. What was typed is passed on as words, and never
// evaluated.

const BASH = `# Completion of indexer and lockstep for bash. To have it: source <(indexer completion bash)
_lockstep() {
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}") line
  if [[ \${COMP_WORDS[COMP_CWORD]} == = ]]; then words+=(''); fi
  COMPREPLY=()
  while IFS=$'\\t' read -r line _; do
    COMPREPLY+=("$line")
  done < <("\${COMP_WORDS[0]}" completion candidates -- "\${words[@]}" 2>/dev/null)
}
complete -o default -F _lockstep indexer lockstep
`;

const ZSH = `#compdef indexer lockstep
# Completion of indexer and lockstep for zsh. To have it: source <(indexer completion zsh)
_lockstep() {
  local -a found
  local line word
  while IFS= read -r line; do
    word=\${line%%$'\\t'*}
    if [[ $line == *$'\\t'* ]]; then
      found+=("\${word//:/\\\\:}:\${line#*$'\\t'}")
    else
      found+=("\${word//:/\\\\:}")
    fi
  done < <("\${words[1]}" completion candidates -- "\${(@)words[2,CURRENT]}" 2>/dev/null)
  if (( $#found )); then
    _describe 'indexer' found
  else
    _files
  fi
}
compdef _lockstep indexer lockstep
`;

const FISH = `# Completion of indexer and lockstep for fish. To have it: indexer completion fish | source
function __lockstep_candidates
  set -l words (commandline -opc)
  set -l found ($words[1] completion candidates -- $words[2..-1] (commandline -ct) 2>/dev/null)
  if test (count $found) -gt 0
    printf '%s\\n' $found
  else
    __fish_complete_path (commandline -ct)
  end
end
complete -c indexer -f -a '(__lockstep_candidates)'
complete -c lockstep -f -a '(__lockstep_candidates)'
`;

/** A script for each shell, to be evaluated when the shell starts. */
export const COMPLETION_SCRIPTS = { bash: BASH, zsh: ZSH, fish: FISH };

export const SHELLS = Object.keys(COMPLETION_SCRIPTS) as readonly (keyof typeof COMPLETION_SCRIPTS)[];
