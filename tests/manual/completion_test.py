"""Completes words of the programs in a real bash and a real zsh.

    completion_test.py FOLDER

FOLDER has the files that docs/man/make_completion.py made.
"""
import os
import pty
import select
import subprocess
import sys
import tempfile
import time

LIMIT_S = 30

# What stands on the line, and what the shell makes of the tab: in bash all candidates, in zsh the line.
CASES = [
    ("packctl mig", ["migrate"], "packctl migrate "),
    ("packctl account int", ["integrate"], "packctl account integrate "),
    ("packctl --output j", ["json"], "packctl --output json "),
    ("packctl --output json mig", ["migrate"], "packctl --output json migrate "),
    ("packctl account set --webh", ["--webhook"], None),
    ("packctl channel test --lan", ["--language"], "packctl channel test --language="),
    ("packctl channel test inbox --language z", ["zh-CN"], "packctl channel test inbox --language zh-CN "),
    ("packctl --conf", ["--config"], "packctl --config="),
    ("packctl --config /etc/host.con", ["/etc/host.conf"], "packctl --config /etc/host.conf "),
    ("packctl migrate --outp", ["--output"], "packctl migrate --output="),
    ("packctl nosuch", [], "packctl nosuch"),
    ("packwardend run", ["run-once"], "packwardend run-once "),
    ("packwardend --check", ["--check-config"], "packwardend --check-config "),
    ("packwardend run-once --check", [], "packwardend run-once --check"),
]

BASH = r"""
source /usr/share/bash-completion/bash_completion
read -ra COMP_WORDS <<<"$2"
program=${COMP_WORDS[0]}
source "$1/$program"
[[ $(complete -p "$program") == "complete -F _$program $program" ]] || exit 9
COMP_LINE=$2 COMP_POINT=${#2} COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
"_$program" "$program" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}"
printf '%s\n' "${COMPREPLY[@]}"
"""

ZSH = r"""
PS1='' PS2='' RPS1=''
fpath=("$FOLDER" $fpath)
autoload -Uz compinit && compinit -D -u
unsetopt auto_menu list_beep beep zle_bracketed_paste auto_remove_slash auto_param_slash
show() { print -r -- "LINE<$BUFFER>"; BUFFER=''; zle reset-prompt }
zle -N show
bindkey '^I' complete-word
bindkey '^X' show
print READY
"""


def bash_candidates(folder, line):
    done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", folder, line], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, timeout=LIMIT_S, check=False)
    if done.returncode:
        sys.exit(f"bash ends with {done.returncode}: {done.stderr}")
    return done.stdout.split()


class Zsh:
    def __init__(self, folder, home):
        with open(os.path.join(home, ".zshrc"), "w", encoding="utf-8") as file:
            file.write(ZSH)
        environment = {"PATH": os.environ["PATH"], "HOME": home, "ZDOTDIR": home, "FOLDER": folder, "TERM": "dumb",
                       "LC_ALL": "C.UTF-8"}
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.execvpe("zsh", ["zsh", "-d", "-i"], environment)
        self.seen = ""
        self.until("READY")

    def until(self, mark):
        end = time.monotonic() + LIMIT_S
        while mark not in self.seen:
            if not select.select([self.fd], [], [], max(0, end - time.monotonic()))[0]:
                sys.exit(f"zsh shows no '{mark}': {self.seen!r}")
            self.seen += os.read(self.fd, 65536).decode(errors="replace")
        before, _, self.seen = self.seen.partition(mark)
        return before

    def completed(self, line):
        os.write(self.fd, (line + "\t\x18").encode())
        self.until("LINE<")
        return self.until(">")

    def close(self):
        os.close(self.fd)
        os.waitpid(self.pid, 0)


def main():
    folder = os.path.abspath(sys.argv[1])
    failed = 0
    with tempfile.TemporaryDirectory() as home:
        zsh = Zsh(folder, home)
        for line, candidates, whole in CASES:
            found = bash_candidates(folder, line)
            if found != candidates:
                failed += 1
                print(f"bash: {line!r} gives {found}, not {candidates}")
            shown = zsh.completed(line)
            if whole is not None and shown != whole:
                failed += 1
                print(f"zsh: {line!r} becomes {shown!r}, not {whole!r}")
        zsh.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
