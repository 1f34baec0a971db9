"""Makes what bash and zsh need to complete the words of programs.

    make_completion.py OUT PROGRAM...

OUT/PROGRAM for bash-completion, OUT/_PROGRAM for zsh.
"""
import json
import os
import subprocess
import sys

FILE_VALUES = ("FILE", "PATH", "DIRECTORY", "FOLDER")


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def names_file(text):
    return any(word in FILE_VALUES for word in text.upper().split("_"))


def walk(word, path=()):
    yield path, word
    for below in word["words"]:
        yield from walk(below, (*path, below["name"]))


def values_of(one):
    """The words that may stand for it, or FILE, or nothing that is known."""
    if one["one_of"]:
        return " ".join(one["one_of"])
    return "FILE" if names_file(one.get("value") or one.get("name") or "") else ""


# --- bash

BASH_TAIL = r"""
_PROGRAM() {
  local cur prev words cword split
  _init_completion -s -n : || return
  local path=PROGRAM position=0 expects='' word i
  for ((i = 1; i < cword; i++)); do
    word=${words[i]}
    if [[ -n $expects ]]; then
      expects=''
    elif [[ $word == --*=* ]]; then
      :
    elif [[ $word == -* ]]; then
      [[ ! -v _PROGRAM_values["$path $word"] && ! -v _PROGRAM_values["PROGRAM $word"] ]] || expects=$word
    elif [[ -v _PROGRAM_words["$path $word"] ]]; then
      path+=" $word"
      position=0
    else
      position=$((position + 1))
    fi
  done
  local values=''
  $split && expects=$prev
  if [[ -n $expects ]]; then
    values=${_PROGRAM_values["$path $expects"]-${_PROGRAM_values["PROGRAM $expects"]-}}
  elif [[ $cur == -* ]]; then
    COMPREPLY=($(compgen -W "${_PROGRAM_options["$path"]-}" -- "$cur"))
    return
  else
    values=${_PROGRAM_words["$path"]-}
    [[ -n $values ]] || values=${_PROGRAM_arguments["$path $position"]-${_PROGRAM_arguments["$path *"]-}}
  fi
  if [[ $values == FILE ]]; then
    _filedir
  else
    COMPREPLY=($(compgen -W "$values" -- "$cur"))
  fi
} &&
  complete -F _PROGRAM PROGRAM
"""


def bash(root):
    tables = {"words": {}, "options": {}, "values": {}, "arguments": {}}
    for path, word in walk(root):
        key = " ".join([root["name"], *path])
        tables["words"][key] = " ".join(below["name"] for below in word["words"])
        options = word["options"]
        if path and root["options_anywhere"]:
            options = options + [option for option in root["options"] if option not in options]
        tables["options"][key] = " ".join(name for option in options for name in option["names"])
        for option in word["options"]:
            if option["value"] is not None:
                for name in option["names"]:
                    tables["values"][f"{key} {name}"] = values_of(option)
        for position, argument in enumerate(word["arguments"]):
            if values_of(argument):
                tables["arguments"][f"{key} {'*' if argument['many'] else position}"] = values_of(argument)
    lines = [f"# bash completion for {root['name']}, made from its own words", ""]
    for name, table in tables.items():
        lines.append(f"declare -gA _{root['name']}_{name}=(")
        lines += [f"  [{quoted(key)}]={quoted(value)}" for key, value in table.items()]
        lines.append(")")
    return "\n".join(lines) + BASH_TAIL.replace("PROGRAM", root["name"])


# --- zsh

def zsh_text(text):
    for character in "\\[]:":
        text = text.replace(character, "\\" + character)
    return text


def zsh_action(one):
    values = values_of(one)
    if values == "FILE":
        return "_files"
    return f"({values})" if values else ""


def zsh_options(word):
    specs = []
    for option in word["options"]:
        for name in option["names"]:
            about = f"[{zsh_text(option['about'])}]"
            if option["value"] is None:
                specs.append(f"{name}{about}")
            else:
                equals = "=" if name.startswith("--") else "+"
                specs.append(f"*{name}{equals}{about}:{zsh_text(option['value'].lower() or 'value')}:{zsh_action(option)}")
    return specs


def zsh(root):
    def function_of(path):
        return "_".join(["", root["name"], *path]).replace("-", "_")

    lines = [f"#compdef {root['name']}", "# Made from the words of the program itself.", ""]
    for path, word in walk(root):
        specs = zsh_options(word)
        if path and root["options_anywhere"]:
            specs += [spec for spec in zsh_options(root) if not any(spec.split("[")[0] == own.split("[")[0] for own in specs)]
        lines.append(f"{function_of(path)}() {{")
        if word["words"]:
            lines.append("  local curcontext=$curcontext state line")
            specs += ["1: :->word", "*:: :->rest"]
        for argument in word["arguments"]:
            head = "*" if argument["many"] else "" if argument["required"] else ":"
            # Without any action, zsh would not offer options in the place of an argument.
            specs.append(f"{head}:{zsh_text(argument['name'].lower())}:{zsh_action(argument) or '{:}'}")
        # The options behind a word belong to it.
        lines.append("  _arguments -C -A '-*' \\" if word["words"] else "  _arguments \\")
        lines.append(" \\\n".join("    " + quoted(spec) for spec in specs))
        if word["words"]:
            shown = " ".join(quoted(f"{below['name']}:{zsh_text(below['about'])}") for below in word["words"])
            lines += ["  case $state in", f"    word) local -a words_below=({shown})", "      _describe word words_below ;;",
                      "    rest)", "      case $words[1] in"]
            for below in word["words"]:
                lines.append(f"        {below['name']}) {function_of((*path, below['name']))} ;;")
            lines += ["      esac ;;", "  esac"]
        lines += ["}", ""]
    return "\n".join([*lines, f'{function_of(())} "$@"', ""])


def main():
    out, *programs = sys.argv[1:]
    os.makedirs(out, exist_ok=True)
    for program in programs:
        done = subprocess.run([program, "command-words"], stdout=subprocess.PIPE, text=True, check=True, timeout=60)
        root = json.loads(done.stdout)
        for name, text in ((root["name"], bash(root)), ("_" + root["name"], zsh(root))):
            with open(os.path.join(out, name), "w", encoding="utf-8") as file:
                file.write(text)


if __name__ == "__main__":
    main()
