#include "kannel_dlr.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <memory>

#include "digest.h"

namespace sms {
namespace {

constexpr std::size_t kDetailBytesMax = 200;

struct Kind {
  std::string_view type;
  pw_report report;
  std::string_view words;
};

constexpr std::array kKinds = {
    Kind{"1", PW_REPORT_DELIVERED, "delivered to the phone"},
    Kind{"2", PW_REPORT_FAILED, "not delivered to the phone"},
    Kind{"4", PW_REPORT_PENDING, "queued at the centre"},
    Kind{"8", PW_REPORT_PENDING, "taken by the centre"},
    Kind{"16", PW_REPORT_FAILED, "refused by the centre"},
};

std::string token_of(std::string_view secret, std::string_view key) {
  return pw_plugin::to_hex(
      pw_plugin::hmac_sha256(secret, fmt::format("packwarden delivery report\n{}", key)));
}

std::map<std::string_view, std::string_view> fields_of(std::string_view query) {
  std::map<std::string_view, std::string_view> fields;
  while (!query.empty()) {
    const std::string_view field = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(field.size() + 1, query.size()));
    const auto equals = field.find('=');
    if (equals != std::string_view::npos) {
      fields.emplace(field.substr(0, equals), field.substr(equals + 1));
    }
  }
  return fields;
}

std::string decoded(std::string_view text) {
  if (text.empty()) return "";
  int size = 0;
  const std::unique_ptr<char, decltype(&curl_free)> plain(
      curl_easy_unescape(nullptr, text.data(), static_cast<int>(text.size()), &size), &curl_free);
  return plain == nullptr ? "" : std::string(plain.get(), static_cast<std::size_t>(size));
}

}  // namespace

std::string kannel_dlr_url(const std::string& base, std::string_view secret, std::string_view key) {
  return fmt::format("{}?key={}&token={}&type=%d&answer=%A", base, pw_plugin::to_hex(key),
                     token_of(secret, key));
}

KannelDlr read_kannel_dlr(std::string_view target, std::string_view secret) {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos) return {404, std::nullopt};
  auto fields = fields_of(target.substr(mark + 1));
  const auto key = pw_plugin::from_hex(fields["key"]);
  if (!key || !pw_plugin::equal_secrets(fields["token"], token_of(secret, *key))) {
    return {403, std::nullopt};
  }
  for (const Kind& kind : kKinds) {
    if (kind.type != fields["type"]) continue;
    std::string detail = fmt::format("{}: {}", kind.words, decoded(fields["answer"]));
    if (fields["answer"].empty()) detail = kind.words;
    detail.resize(std::min(detail.size(), kDetailBytesMax));
    return {200, KannelReport{*key, kind.report, std::move(detail)}};
  }
  return {400, std::nullopt};
}

}  // namespace sms
