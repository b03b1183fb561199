"""Write what a shell needs to complete `cargohold`.

  bash:  source <(cargohold completion bash)
  zsh:   source <(cargohold completion zsh)
  fish:  cargohold completion fish | source

A line like this in ~/.bashrc, ~/.zshrc (behind `compinit`) or ~/.config/fish/config.fish keeps it. The shell asks
the command itself what fits, so that it is never out of date.
"""

import argparse

from cargohold_cli.output import write_parts

SHELLS = {
    "bash": r"""_cargohold() {
    local line
    COMPREPLY=()
    while IFS=$'\t' read -r line _; do
        COMPREPLY+=("$line")
    done < <(cargohold completion words "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -o default -F _cargohold cargohold
""",
    "zsh": r"""_cargohold() {
    local -a found
    local name text
    while IFS=$'\t' read -r name text; do
        found+=("${name//:/\\:}:$text")
    done < <(cargohold completion words "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( $#found )); then
        _describe -t words cargohold found
    else
        _files
    fi
}
compdef _cargohold cargohold
""",
    "fish": r"""function __cargohold
    set -l words (commandline -opc)
    cargohold completion words $words[2..] (commandline -ct) 2>/dev/null
end
complete -c cargohold -a '(__cargohold)'
""",
}


def configure(parser: argparse.ArgumentParser) -> None:
    """Add the command's options."""
    parser.add_argument("shell", choices=(*SHELLS, "words"), metavar="{bash,zsh,fish}", help="the shell")
    parser.add_argument("words", nargs=argparse.REMAINDER, help=argparse.SUPPRESS)


def run(options: argparse.Namespace) -> int:
    """Write the script of a shell or, for `words`, what completes the last one: a word, a tab, its help."""
    if options.shell != "words":
        write_parts([SHELLS[options.shell].encode()])
        return 0
    from cargohold_cli.complete import candidates

    write_parts([f"{word}\t{text}\n".encode() for word, text in candidates(options.words)])
    return 0
