# fish completion for imprimatur(1): the program itself knows what may come next.

function __imprimatur_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process)
    set -l found ($words[1] complete -- $words[2..] (commandline --cut-at-cursor --current-token | string unescape) 2>/dev/null)
    if test (count $found) -gt 0
        printf '%s\n' $found
    else
        __fish_complete_path (commandline --cut-at-cursor --current-token)
    end
end

complete --command imprimatur --no-files --arguments '(__imprimatur_complete)'
