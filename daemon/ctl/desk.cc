#include "ctl/desk.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace packwarden {

Desk::Desk(Desk& history, std::ostream& out, Instant at)
    : config_path(history.config_path), as_of(at), backend_(history.backend_), out_(&out) {
  history.context();
  context_ = history.context_;
}

Context& Desk::context() {
  if (!context_) {
    context_ = backend_->open(config_path);
    if (as_of && !context_->allow_as_of()) {
      throw Refused({"as_of_not_allowed",
                     "--as-of is for tests and rehearsals. Leave it out, or, never in production, "
                     "set allow_as_of: true in " +
                         config_path + "."});
    }
  }
  return *context_;
}

BillingContext Desk::billing() {
  return {&context().stored_catalogue(), &context().calendar(), &context().notice_rules(),
          context().command_limits()};
}

Instant Desk::now() {
  const Instant real = context().now();
  return as_of.value_or(real);
}

Account Desk::account(const std::string& name) {
  auto found = context().reports().find_account(name);
  if (!found) {
    throw Refused({"unknown_account",
                   fmt::format("There is no account '{}'. Look at packctl account list.", name)});
  }
  return *found;
}

void Desk::note(const std::string& sentence) {
  if (notes != nullptr) *notes << "packctl: " << sentence << '\n' << std::flush;
}

void Desk::print(const boost::json::array& rows) {
  const char* separator = "[\n";
  for (const boost::json::value& row : rows) {
    *out_ << separator << boost::json::serialize(row);
    separator = ",\n";
  }
  *out_ << (rows.empty() ? "[]\n" : "\n]\n");
}

void Desk::print(const boost::json::object& object) {
  *out_ << boost::json::serialize(object) << '\n';
}

CLI::App* add_group(CLI::App& app, const std::string& name, const std::string& help) {
  CLI::App* group = app.add_subcommand(name, help);
  // At most one also keeps names of accounts from being taken for words of packctl.
  group->require_subcommand(1, 1);
  return group;
}

boost::json::object head_json(const LedgerHead& head, const std::string& instant) {
  return {{"sequence", head.sequence}, {"instant", instant}, {"stamp", to_hex(head.stamp)}};
}

std::string shown_time(Instant at) {
  std::string text = to_rfc3339(at);
  if (const auto fraction = text.find(".000000"); fraction != std::string::npos) {
    text.erase(fraction, 7);
  }
  return text;
}

}  // namespace packwarden
