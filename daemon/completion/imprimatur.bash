# bash completion for imprimatur(1): the program itself knows what may come next.

_imprimatur() {
    local cur words cword line candidates=() verbatim=
    if declare -F _get_comp_words_by_ref >/dev/null; then
        _get_comp_words_by_ref -n '=:' cur words cword
    else
        cur=$2 words=("${COMP_WORDS[@]}") cword=$COMP_CWORD
    fi
    # As typed, words are quoted for the shell; what is meant are the words without that.
    words=("${words[@]//[\\\'\"]/}")
    cur=${words[cword]}
    while IFS= read -r line; do
        candidates+=("${line%%$'\t'*}")
    done < <("${words[0]/#\~/$HOME}" complete -- "${words[@]:1:cword}" 2>/dev/null)
    # Readline has the part before "=" already.
    [[ $cur == *=* && $COMP_WORDBREAKS == *=* ]] && verbatim=${cur%"${cur##*=}"}
    COMPREPLY=("${candidates[@]#"$verbatim"}")
    [[ ${candidates[0]-} == */* || ${candidates[0]-} == *' '* ]] && compopt -o filenames 2>/dev/null
    return 0
}

complete -o bashdefault -o default -F _imprimatur imprimatur
