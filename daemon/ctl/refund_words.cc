#include <fmt/format.h>

#include <CLI/CLI.hpp>

#include "ctl/change.h"
#include "ctl/desk.h"
#include "usecases/refund_commands.h"

namespace packwarden {
namespace {

struct RefundWords {
  std::uint32_t pack = 0;
  std::string reason;
  std::string request_id;
};

void take(Desk& desk, RefundStep step, const RefundWords& words) {
  const RefundOrder order{PackId{words.pack}, step, words.reason, desk.as_of};
  const auto [done, request_id] = run_request(desk, words.request_id, [&](const std::string& id) {
    return take_refund_step(desk.context().ledger(), desk.billing(), order, id);
  });
  if (desk.json) {
    return desk.print(boost::json::object{{"pack", words.pack},
                                          {"refund", name_of(step)},
                                          {"request_id", request_id},
                                          {"repeated", done.repeated}});
  }
  desk.out() << "The refund of pack " << words.pack << (done.repeated ? " had been " : " is ")
             << name_of(step)
             << (done.repeated                   ? " by this request before.\n"
                 : step == RefundStep::requested ? "; nothing more is drawn from the pack.\n"
                 : step == RefundStep::rejected  ? "; the pack is drawn from again.\n"
                 : step == RefundStep::completed ? "; its price is on the balance.\n"
                                                 : ".\n");
}

}  // namespace

void add_refund_words(CLI::App& app, Action& chosen) {
  CLI::App* group = add_group(app, "refund", "refunds of bought packs, step by step (P8)");
  const auto words = std::make_shared<RefundWords>();
  const auto add = [&](const char* name, const char* help, RefundStep step) {
    CLI::App* command = group->add_subcommand(name, help);
    command->add_option("pack", words->pack, "its number in packctl pack list")
        ->type_name("PACK")
        ->required();
    add_request_word(*command, words->request_id);
    command->final_callback([&chosen, words, step] {
      chosen = [words, step](Desk& desk) { take(desk, step, *words); };
    });
    return command;
  };
  add("request", "ask for it; from then on nothing is drawn from the pack", RefundStep::requested);
  add("approve", "it is right", RefundStep::approved);
  add("reject", "it is not right; the pack is drawn from again", RefundStep::rejected)
      ->add_option("--reason", words->reason, "why, for the tenant")
      ->type_name("TEXT")
      ->required();
  add("order", "the refund order is made out", RefundStep::ordered);
  add("complete", "the price is put on the balance", RefundStep::completed);
}

}  // namespace packwarden
