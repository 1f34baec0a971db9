#include "notices/texts.h"

#include <fmt/format.h>

namespace packwarden {

NoticeText render(const Notice& notice, const NoticeFacts& facts, std::string_view language) {
  const Units left = facts.quota - facts.used;
  const bool used_up = notice.kind == NoticeKind::pack_used_up;
  if (language == "zh-CN") {
    if (used_up) {
      return {fmt::format("套餐包已用尽：{} {}", facts.product, facts.tier),
              fmt::format("账号 {} 的 {} 套餐包（{}，共 {} 次）已全部用完。", facts.account,
                          facts.product, facts.tier, facts.quota)};
    }
    return {
        fmt::format("套餐包用量超过 {}%：{} {}", notice.level_percent, facts.product, facts.tier),
        fmt::format("账号 {} 的 {} 套餐包（{}）已使用 {} 次，共 {} 次，剩余 {} 次，有效期至 {}。",
                    facts.account, facts.product, facts.tier, facts.used, facts.quota, left,
                    facts.expires_on)};
  }
  if (used_up) {
    return {fmt::format("Pack used up: {} {}", facts.product, facts.tier),
            fmt::format("All {} units of the {} pack {} of account {} are used up.", facts.quota,
                        facts.product, facts.tier, facts.account)};
  }
  return {
      fmt::format("Pack usage above {} %: {} {}", notice.level_percent, facts.product, facts.tier),
      fmt::format("Account {} has used {} of {} units of its {} pack {}. {} units are left, valid "
                  "until {}.",
                  facts.account, facts.used, facts.quota, facts.product, facts.tier, left,
                  facts.expires_on)};
}

}  // namespace packwarden
