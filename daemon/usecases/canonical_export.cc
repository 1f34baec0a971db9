#include "usecases/canonical_export.h"

#include <fmt/format.h>

#include <ostream>

namespace packwarden {
namespace {

class Line {
 public:
  explicit Line(std::string_view kind) : text_(kind) {}

  Line& text(std::string_view value) {
    text_.push_back('\t');
    for (const char c : value) {
      switch (c) {
        case '\t':
          text_ += "\\t";
          break;
        case '\n':
          text_ += "\\n";
          break;
        case '\\':
          text_ += "\\\\";
          break;
        default:
          text_.push_back(c);
      }
    }
    return *this;
  }
  Line& number(std::int64_t value) {
    fmt::format_to(std::back_inserter(text_), "\t{}", value);
    return *this;
  }
  Line& number_or_dash(std::uint32_t value) { return value == 0 ? text("-") : number(value); }
  void print(std::ostream& out) {
    text_.push_back('\n');
    out.write(text_.data(), static_cast<std::streamsize>(text_.size()));
  }

 private:
  std::string text_;
};

}  // namespace

void export_canonical(Reports& reports, std::ostream& out) {
  CanonicalSink sink;
  sink.account = [&](std::string_view name, std::string_view parent, std::string_view facts) {
    Line("account")
        .text(name)
        .text(parent.empty() ? "-" : parent)
        .text(facts.empty() ? "-" : facts)
        .print(out);
  };
  sink.balance = [&](std::string_view account, MoneyMicros balance_micros) {
    Line("balance").text(account).number(balance_micros).print(out);
  };
  sink.charge = [&](const CanonicalCharge& charge) {
    Line("charge")
        .text(charge.account)
        .text(charge.product)
        .text(charge.charged_day)
        .text(charge.usage_day)
        .text(charge.is_credit ? "credit" : "overage")
        .number(charge.price_micros)
        .number(charge.units)
        .number(charge.amount_micros)
        .print(out);
  };
  sink.journal = [&](const CanonicalJournal& journal) {
    Line("journal")
        .text(journal.account)
        .text(journal.kind)
        .text(journal.reference)
        .number(journal.on_balance_micros)
        .print(out);
  };
  sink.notice = [&](const CanonicalNotice& notice) {
    Line("notice")
        .text(notice.account)
        .text(notice.product.empty() ? "-" : notice.product)
        .number_or_dash(notice.pack_number)
        .text(notice.kind)
        .number(notice.cause)
        .text(notice.state)
        .print(out);
  };
  sink.pack = [&](const CanonicalPack& pack) {
    Line("pack")
        .text(pack.account)
        .text(pack.product)
        .text(pack.tier)
        .number(pack.number)
        .number(pack.quota)
        .number(pack.used)
        .print(out);
  };
  sink.postpaid = [&](const CanonicalPostpaid& postpaid) {
    Line("postpaid")
        .text(postpaid.account)
        .text(postpaid.product.empty() ? "-" : postpaid.product)
        .text(postpaid.step)
        .print(out);
  };
  sink.service = [&](const CanonicalService& service) {
    Line("service")
        .text(service.account)
        .text(service.product)
        .text(service.covered_by)
        .text(service.reason.empty() ? "-" : service.reason)
        .print(out);
  };
  sink.refund = [&](const CanonicalRefund& refund) {
    Line("refund")
        .text(refund.account)
        .text(refund.product)
        .number(refund.pack_number)
        .text(refund.step)
        .print(out);
  };
  sink.usage = [&](const CanonicalUsage& usage) {
    Line line("usage");
    line.text(usage.account).text(usage.used_by).text(usage.product).text(usage.meter);
    line.text(usage.day).text(name_of(usage.outcome));
    line.number_or_dash(usage.pack_number).number(usage.units).print(out);
  };
  reports.canonical(sink);
}

}  // namespace packwarden
