#include <CLI/CLI.hpp>

#include "ctl/desk.h"

namespace packwarden {

void add_notice_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "notice", "what tenants are told");
  add_notice_preview_words(*group, chosen);
}

}  // namespace packwarden
