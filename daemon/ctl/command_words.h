#pragma once

#include "ctl/desk.h"

namespace packwarden {

// All words, arguments and options of a command line, of which the manual page and the completion
// of shells are made: {"name", "about", "options_anywhere", "options": [{"names", "value",
// "one_of", "about", "required"}], "arguments": [{"name", "one_of", "about", "required", "many"}],
// "words": [the same for each word below]}. An option without a value has "value" null;
// "options_anywhere" says whether they may also stand behind the words. Hidden words are left out.
boost::json::object command_words(const CLI::App& app);

// The same as a hidden word of packctl: made for the build, not for people.
void add_command_words(CLI::App& app, Action& chosen);

}  // namespace packwarden
