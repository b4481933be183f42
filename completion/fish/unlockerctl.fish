# SPDX-License-Identifier: MIT
# Completion of unlockerctl for fish. The program itself knows what may come next.

function __unlockerctl_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l prefix (string match -r -- '^--[^=]*=' "$current")
    set -l value (string replace -r -- '^--[^=]*=' '' "$current")
    for line in (unlockerctl complete -- $before[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':files'
                __fish_complete_path "$value" | string replace -r '^' -- "$prefix"
            case ':directories'
                __fish_complete_directories "$value" '' | string replace -r '^' -- "$prefix"
            case ':vmx'
                __fish_complete_suffix --complete="$value" .vmx
            case '*'
                echo $line
        end
    end
end

complete -c unlockerctl -f -a '(__unlockerctl_complete)'
