#include "notices/texts.h"

#include <fmt/args.h>
#include <fmt/format.h>

#include <array>

namespace packwarden {
namespace {

struct Template {
  std::string_view subject;
  std::string_view body;
};

// By NoticeKind. Units and amounts as digits alone.
constexpr std::array<Template, notice_kind_count> english = {{
    {"Pack usage above {cause} %: {product} {tier}",
     "Account {account} has used {used} of {quota} units of its {product} pack {tier}. {left} "
     "units "
     "are left, valid until {expires_on}."},
    {"Pack used up: {product} {tier}",
     "All {quota} units of the {product} pack {tier} of account {account} are used up."},
    {"Pack expires in {cause} days: {product} {tier}",
     "The {product} pack {tier} of account {account} expires on {expires_on} with {left} of "
     "{quota} "
     "units left."},
    {"Pack expired: {product} {tier}",
     "The {product} pack {tier} of account {account} expired on {expires_on} with {left} of "
     "{quota} "
     "units left."},
    {"Service stopped: {product}",
     "Account {account} can no longer use {product}: {reason}. Usage that still arrives is not "
     "served."},
    {"Service resumed: {product}", "Account {account} can use {product} again."},
    {"Postpaid is on: {product}",
     "Postpaid of {product} is on for account {account}. What no pack covers is charged each day."},
    {"Postpaid could not be switched on: {product}",
     "No money is left on the balance of account {account}, so postpaid of {product} stays off. "
     "Top "
     "the balance up and switch it on, or the service stops when the packs end."},
    {"Postpaid is in effect: {product}",
     "No pack of account {account} covers {product} any more. From now on its usage is charged per "
     "unit."},
    {"Balance below zero: {account}",
     "The balance of account {account} is {balance} {currency}. Postpaid of all its products is "
     "suspended until the balance is above zero."},
    {"Bill for {day}: {product}",
     "Account {account} was charged {amount} {currency} for {product} on {day}. The balance is "
     "{balance} {currency}."},
    {"Refund {step}: {product} {tier}",
     "The refund of the {product} pack {tier} of account {account} is {step}.{reason}"},
}};

constexpr std::array<Template, notice_kind_count> chinese = {{
    {"套餐包用量超过 {cause}%：{product} {tier}",
     "账号 {account} 的 {product} 套餐包（{tier}）已使用 {used} 次，共 {quota} 次，剩余 {left} "
     "次，有效期至 {expires_on}。"},
    {"套餐包已用尽：{product} {tier}",
     "账号 {account} 的 {product} 套餐包（{tier}，共 {quota} 次）已全部用完。"},
    {"套餐包将在 {cause} 天后到期：{product} {tier}",
     "账号 {account} 的 {product} 套餐包（{tier}）将于 {expires_on} 到期，剩余 {left} 次，共 "
     "{quota} "
     "次。"},
    {"套餐包已到期：{product} {tier}",
     "账号 {account} 的 {product} 套餐包（{tier}）已于 {expires_on} 到期，剩余 {left} 次，共 "
     "{quota} "
     "次。"},
    {"服务已停止：{product}", "账号 {account} 的 {product} 服务已停止：{reason}。"},
    {"服务已恢复：{product}", "账号 {account} 的 {product} 服务已恢复。"},
    {"后付费已开通：{product}",
     "账号 {account} 的 {product} 后付费已开通，套餐包以外的用量将按日结算。"},
    {"后付费开通失败：{product}",
     "账号 {account} 余额不足，{product} "
     "后付费未能开通。请充值后再开通，否则套餐包用完后服务将停止。"},
    {"后付费已生效：{product}",
     "账号 {account} 的 {product} 套餐包已用完或到期，此后的用量将按次计费。"},
    {"账号已欠费：{account}",
     "账号 {account} 的余额为 {balance} "
     "{currency}，所有产品的后付费已暂停，充值至余额大于零后恢复。"},
    {"账单 {day}：{product}",
     "账号 {account} {day} 的 {product} 费用为 {amount} {currency}，当前余额 {balance} "
     "{currency}。"},
    {"退款（{step}）：{product} {tier}",
     "账号 {account} 的 {product} 套餐包（{tier}）退款状态：{step}。{reason}"},
}};

}  // namespace

NoticeText render(const Notice& notice, const NoticeFacts& facts, std::string_view language) {
  const auto& texts = language == "zh-CN" ? chinese : english;
  const Template& text = texts.at(static_cast<std::size_t>(notice.kind));
  fmt::dynamic_format_arg_store<fmt::format_context> arguments;
  const auto add = [&](const char* name, const auto& value) {
    arguments.push_back(fmt::arg(name, value));
  };
  add("account", facts.account);
  add("product", facts.product);
  add("tier", facts.tier);
  add("quota", facts.quota);
  add("used", facts.used);
  add("left", facts.quota - facts.used);
  add("cause", notice.cause);
  add("expires_on", facts.expires_on);
  add("reason", facts.reason);
  add("step", facts.step);
  add("day", facts.day);
  add("amount", facts.amount);
  add("balance", facts.balance);
  add("currency", facts.currency);
  return {fmt::vformat(text.subject, arguments), fmt::vformat(text.body, arguments)};
}

}  // namespace packwarden
