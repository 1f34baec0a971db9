#include "billing/consequences.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

constexpr ProductId captcha{1};

// An account with packs of one product; given later means bought later. Instants are small numbers.
class Tenant {
 public:
  Tenant() {
    standing_.account.id = AccountId{1};
    standing_.account.name = "acme";
    product_of_new().product = captcha;
    product().name = "captcha";
    product().priced_from = Instant::earliest();
  }
  Tenant& pack(Units left, std::int64_t expires, bool trial = false) {
    HeldPack held;
    held.pack.id = PackId{static_cast<std::uint32_t>(product().packs.size() + 1)};
    held.pack.is_trial = trial;
    held.pack.quota = 10;
    held.pack.effective_from = Instant{0};
    held.pack.expires_at = Instant{expires};
    held.used = 10 - left;
    product().packs.push_back(held);
    return *this;
  }
  Tenant& trial(Units left, std::int64_t expires) { return pack(left, expires, true); }
  Tenant& exhausted_at(std::int64_t at) {
    product().packs.back().exhausted_at = Instant{at};
    return *this;
  }
  Tenant& refund(RefundStep step) {
    product().packs.back().last_refund_step = step;
    return *this;
  }
  Tenant& balance(MoneyMicros micros) { return standing_.balance_micros = micros, *this; }
  Tenant& postpaid() { return product().postpaid_on = true, *this; }
  Tenant& priced_from(std::int64_t at) { return product().priced_from = Instant{at}, *this; }
  Tenant& never_priced() { return product().priced_from.reset(), *this; }
  Tenant& suspended() { return standing_.is_suspended = true, *this; }
  Tenant& closed(std::int64_t at) { return standing_.account.closed_at = Instant{at}, *this; }
  Tenant& served_by(CoveredBy cover, StopReason reason, std::int64_t since) {
    product().service = {cover, reason};
    product().service_since = Instant{since};
    return *this;
  }

  // "packs", "postpaid" or why it is stopped.
  std::string state_at(std::int64_t at) {
    const ServiceState state = service_state(standing_, product(), Instant{at});
    return std::string(state.is_active() ? name_of(state.covered_by) : name_of(state.reason));
  }
  // Each change and notice of it, in order.
  static std::string told(const Consequences& all) {
    std::string text;
    for (const PostpaidChange& change : all.postpaid) {
      text +=
          std::string(name_of(change.step)) + "@" + std::to_string(change.changed_at.nanos) + " ";
    }
    for (const ServiceChange& change : all.services) {
      text += std::string(change.state.is_active() ? name_of(change.state.covered_by)
                                                   : name_of(change.state.reason)) +
              "@" + std::to_string(change.changed_at.nanos) + " ";
    }
    for (const Notice& notice : all.notices) {
      const std::string why = notice.reason == StopReason::none ? "" : " ";
      text += "[" + std::string(name_of(notice.kind)) + why + std::string(name_of(notice.reason)) +
              "] ";
    }
    return text;
  }
  std::string after_time(std::int64_t now) { return told(let_time_pass(standing_, Instant{now})); }
  std::string after_change(std::int64_t now) {
    return told(follow_change(standing_, Instant{now}));
  }

 private:
  ProductStanding& product_of_new() { return standing_.products.emplace_back(); }
  ProductStanding& product() { return standing_.products.front(); }
  AccountStanding standing_;
};

TEST(ServiceState, O10_has_the_first_reason_that_holds) {
  EXPECT_EQ(Tenant().state_at(5), "never_activated");
  EXPECT_EQ(Tenant().trial(3, 9).state_at(8), "packs");
  EXPECT_EQ(Tenant().trial(3, 9).state_at(9), "trial_expired");
  EXPECT_EQ(Tenant().trial(0, 9).exhausted_at(4).state_at(5), "trial_exhausted");
  EXPECT_EQ(Tenant().trial(0, 9).exhausted_at(4).pack(1, 20).state_at(9), "packs");
  EXPECT_EQ(Tenant().trial(3, 90).pack(0, 20).exhausted_at(4).state_at(95), "packs_exhausted");
  EXPECT_EQ(Tenant().pack(0, 20).exhausted_at(4).balance(-1).state_at(9), "arrears");
  EXPECT_EQ(Tenant().pack(1, 20).balance(-1).suspended().state_at(9), "packs")
      << "packs that it holds still work";
}

TEST(ServiceState, O10_names_what_ended_the_last_pack_that_had_units) {
  EXPECT_EQ(Tenant().pack(2, 8).pack(0, 20).exhausted_at(6).state_at(9), "packs_expired");
  EXPECT_EQ(Tenant().pack(2, 5).pack(0, 20).exhausted_at(6).state_at(9), "packs_exhausted");
  EXPECT_EQ(Tenant().pack(0, 5).exhausted_at(7).state_at(9), "packs_expired")
      << "late records took its last unit after it had expired";
}

TEST(ServiceState, P8_packs_in_refund_do_not_count) {
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::requested).state_at(5), "packs_frozen");
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::completed).state_at(5), "never_activated");
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::rejected).state_at(5), "packs");
  EXPECT_EQ(
      Tenant().trial(0, 9).exhausted_at(2).pack(10, 20).refund(RefundStep::completed).state_at(5),
      "trial_exhausted");
}

TEST(ServiceState, O2_O8_postpaid_covers_unless_it_is_suspended) {
  EXPECT_EQ(Tenant().pack(0, 20).exhausted_at(4).postpaid().state_at(9), "postpaid");
  EXPECT_EQ(Tenant().pack(1, 20).postpaid().state_at(9), "packs");
  EXPECT_EQ(Tenant().pack(0, 20).exhausted_at(4).postpaid().suspended().state_at(9), "arrears")
      << "at zero it stays suspended";
  EXPECT_EQ(Tenant().pack(0, 20).exhausted_at(4).suspended().state_at(9), "packs_exhausted");
}

TEST(ServiceState, O10_S19_a_pack_that_a_refund_froze_is_the_reason_while_it_could_serve) {
  for (const RefundStep step : {RefundStep::requested, RefundStep::approved, RefundStep::ordered}) {
    EXPECT_EQ(Tenant().pack(10, 20).refund(step).state_at(19), "packs_frozen");
    EXPECT_EQ(Tenant().pack(10, 20).refund(step).state_at(20), "never_activated") << "it has ended";
  }
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::rejected).state_at(5), "packs");
  EXPECT_EQ(
      Tenant().pack(0, 9).exhausted_at(2).pack(10, 20).refund(RefundStep::approved).state_at(5),
      "packs_frozen")
      << "before packs_exhausted";
  EXPECT_EQ(Tenant().trial(3, 4).pack(10, 20).refund(RefundStep::ordered).state_at(5),
            "packs_frozen")
      << "before trial_expired";
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::requested).balance(-1).state_at(5), "arrears");
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::requested).pack(1, 20).state_at(5), "packs");
  EXPECT_EQ(Tenant().pack(10, 20).refund(RefundStep::requested).postpaid().state_at(5), "postpaid");
}

TEST(ServiceState, O1_O2_O3_S3_postpaid_does_not_act_before_its_price_begins) {
  Tenant tenant;
  tenant.pack(0, 20).exhausted_at(2).balance(5).postpaid().priced_from(9);
  EXPECT_EQ(tenant.state_at(8), "packs_exhausted");
  EXPECT_EQ(tenant.state_at(9), "postpaid");
  EXPECT_EQ(tenant.never_priced().state_at(9), "packs_exhausted");
  Tenant at_zero;  // a top-up would mend nothing yet
  at_zero.pack(0, 20).exhausted_at(2).postpaid().suspended().priced_from(9);
  EXPECT_EQ(at_zero.state_at(8), "packs_exhausted");
  EXPECT_EQ(at_zero.state_at(9), "arrears");
}

TEST(ServiceState, O10_of_packs_that_end_at_once_the_later_one_says_why) {
  EXPECT_EQ(Tenant().pack(3, 7).pack(0, 20).exhausted_at(7).state_at(9), "packs_exhausted");
  EXPECT_EQ(Tenant().pack(0, 20).exhausted_at(7).pack(3, 7).state_at(9), "packs_expired");
}

TEST(ServiceState, O11_a_closed_account_is_stopped) {
  EXPECT_EQ(Tenant().pack(1, 20).closed(7).state_at(6), "packs");
  EXPECT_EQ(Tenant().pack(1, 20).closed(7).state_at(7), "closed_account");
}

TEST(Consequences, O10_an_expiry_has_its_own_instant_however_late_it_is_noticed) {
  Tenant tenant;
  tenant.pack(3, 10).pack(3, 20).served_by(CoveredBy::packs, StopReason::none, 1);
  EXPECT_EQ(tenant.after_time(19), "") << "another pack covers";
  EXPECT_EQ(tenant.after_time(500), "packs_expired@20 [service_stopped packs_expired] ");
  EXPECT_EQ(tenant.after_time(600), "") << "it is stored once";
}

TEST(Consequences, O2_N3_postpaid_takes_effect_when_the_last_pack_expires) {
  EXPECT_EQ(Tenant()
                .pack(3, 10)
                .balance(5)
                .postpaid()
                .served_by(CoveredBy::packs, StopReason::none, 1)
                .after_time(11),
            "postpaid@10 [postpaid_in_effect] ");
}

TEST(Consequences, O10_a_price_that_begins_has_its_midnight_however_late_it_is_noticed) {
  Tenant tenant;
  tenant.pack(0, 20).exhausted_at(2).balance(5).postpaid().priced_from(9).served_by(
      CoveredBy::none, StopReason::packs_exhausted, 2);
  EXPECT_EQ(tenant.after_time(8), "");
  EXPECT_EQ(tenant.after_time(500), "postpaid@9 [service_resumed] [postpaid_in_effect] ");
  EXPECT_EQ(tenant.after_time(600), "") << "it is stored once";
}

TEST(Consequences, O10_what_time_did_comes_in_its_order) {
  EXPECT_EQ(Tenant()
                .pack(3, 4)
                .balance(5)
                .postpaid()
                .priced_from(9)
                .served_by(CoveredBy::packs, StopReason::none, 1)
                .after_time(500),
            "packs_expired@4 postpaid@9 [service_stopped packs_expired] [service_resumed] "
            "[postpaid_in_effect] ");
}

TEST(Consequences, O10_a_frozen_pack_that_ends_is_no_reason_any_more) {
  EXPECT_EQ(Tenant()
                .pack(0, 20)
                .exhausted_at(2)
                .pack(10, 8)
                .refund(RefundStep::requested)
                .served_by(CoveredBy::none, StopReason::packs_frozen, 3)
                .after_time(500),
            "packs_exhausted@8 ");
}

TEST(Consequences, O9_the_first_pack_activates_without_a_notice) {
  EXPECT_EQ(Tenant().pack(10, 20).after_change(3), "packs@3 ");
}

TEST(Consequences, O9_a_pack_resumes_a_stopped_service) {
  EXPECT_EQ(Tenant()
                .pack(10, 20)
                .served_by(CoveredBy::none, StopReason::packs_expired, 2)
                .after_change(3),
            "packs@3 [service_resumed] ");
}

TEST(Consequences, O3_the_last_unit_stops_the_service) {
  EXPECT_EQ(Tenant()
                .pack(0, 20)
                .exhausted_at(3)
                .served_by(CoveredBy::packs, StopReason::none, 1)
                .after_change(3),
            "packs_exhausted@3 [service_stopped packs_exhausted] ");
}

TEST(Consequences, O8_a_balance_below_zero_suspends_and_one_above_zero_resumes) {
  Tenant tenant;
  tenant.pack(0, 20).exhausted_at(2).postpaid().served_by(CoveredBy::postpaid, StopReason::none, 2);
  EXPECT_EQ(tenant.balance(0).after_change(3), "") << "exactly zero is not arrears";
  EXPECT_EQ(tenant.balance(-1).after_change(4),
            "suspended@4 arrears@4 [arrears] [service_stopped arrears] ");
  EXPECT_EQ(tenant.balance(0).after_change(5), "at_zero@5 ") << "at zero it stays suspended";
  EXPECT_EQ(tenant.after_change(5), "");
  EXPECT_EQ(tenant.balance(1).after_change(6),
            "resumed@6 postpaid@6 [service_resumed] [postpaid_in_effect] ");
}

TEST(Consequences, N3_each_fall_below_zero_is_told_also_from_exactly_zero) {
  Tenant tenant;
  tenant.pack(0, 20).exhausted_at(2).postpaid().served_by(CoveredBy::postpaid, StopReason::none, 2);
  EXPECT_EQ(tenant.balance(-1).after_change(4),
            "suspended@4 arrears@4 [arrears] [service_stopped arrears] ");
  EXPECT_EQ(tenant.balance(-9).after_change(5), "") << "it has not fallen again";
  EXPECT_EQ(tenant.balance(0).after_change(6), "at_zero@6 ");
  EXPECT_EQ(tenant.balance(-1).after_change(7), "below_zero@7 [arrears] ");
  EXPECT_EQ(tenant.balance(1).after_change(8),
            "resumed@8 postpaid@8 [service_resumed] [postpaid_in_effect] ");
}

TEST(Consequences, P8_O4_postpaid_goes_off_with_the_last_bought_pack) {
  EXPECT_EQ(Tenant()
                .pack(10, 20)
                .refund(RefundStep::completed)
                .balance(9)
                .postpaid()
                .served_by(CoveredBy::postpaid, StopReason::none, 1)
                .after_change(3),
            "off@3 never_activated@3 [service_stopped never_activated] ");
}

TEST(Consequences, O10_a_clock_that_steps_back_does_not_put_a_change_before_the_last) {
  EXPECT_EQ(Tenant()
                .pack(10, 20)
                .served_by(CoveredBy::none, StopReason::packs_expired, 7)
                .after_change(3),
            "packs@7 [service_resumed] ");
}

TEST(Consequences, O4_a_purchase_switches_postpaid_on_where_money_is_left) {
  Product product;
  product.postpaid_prices = {{beginning_of_days, 5'000}};
  AccountStanding account;
  ProductStanding bought;
  EXPECT_EQ(step_after_purchase(account, bought, product), PostpaidStep::failed);
  account.balance_micros = 1;
  EXPECT_EQ(step_after_purchase(account, bought, product), PostpaidStep::on);
  bought.postpaid_on = true;
  account.balance_micros = 0;
  EXPECT_EQ(step_after_purchase(account, bought, product), std::nullopt) << "never switched off";
  bought.postpaid_on = false;
  EXPECT_EQ(step_after_purchase(account, bought, Product{}), std::nullopt);
}

}  // namespace
}  // namespace packwarden
