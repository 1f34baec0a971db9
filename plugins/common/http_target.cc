#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <stdexcept>

#include "http_client.h"

namespace pw_plugin {
namespace {

constexpr std::int64_t kRetryAfterMaxS = 86'400;
constexpr std::chrono::milliseconds kCallMax{60'000};
constexpr std::chrono::milliseconds kReserveMax{200};

struct UrlCloser {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlCloser>;

struct TextCloser {
  void operator()(char* text) const { curl_free(text); }
};

std::string part_of(const Url& url, CURLUPart part, unsigned flags = 0) {
  char* text = nullptr;
  if (curl_url_get(url.get(), part, &text, flags) != CURLUE_OK) return "";
  const std::unique_ptr<char, TextCloser> owner(text);
  return text;
}

bool is_loopback(const std::string& host) {
  if (host == "localhost" || host == "[::1]") return true;
  in_addr address{};
  return inet_pton(AF_INET, host.c_str(), &address) == 1 && ntohl(address.s_addr) >> 24 == 127;
}

}  // namespace

std::optional<HttpTarget> http_target_of(const std::string& text) {
  const bool is_plain =
      std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  const Url url(curl_url());
  if (!is_plain || url == nullptr ||
      curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_DISALLOW_USER) != CURLUE_OK) {
    return std::nullopt;
  }
  const std::string scheme = part_of(url, CURLUPART_SCHEME);
  const std::string host = part_of(url, CURLUPART_HOST);
  if ((scheme != "http" && scheme != "https") || host.empty() ||
      text.find('#') != std::string::npos || text.find(":///") != std::string::npos) {
    return std::nullopt;
  }
  const std::string port = part_of(url, CURLUPART_PORT, CURLU_NO_DEFAULT_PORT);
  return HttpTarget{scheme == "https", is_loopback(host),
                    host + ":" + part_of(url, CURLUPART_PORT, CURLU_DEFAULT_PORT),
                    port.empty() ? host : host + ":" + port};
}

std::string url_encoded(std::string_view text) {
  if (text.empty()) return "";  // libcurl takes 0 for "up to the NUL"
  const std::unique_ptr<char, TextCloser> encoded(
      curl_easy_escape(nullptr, text.data(), static_cast<int>(text.size())));
  if (encoded == nullptr) throw std::runtime_error("libcurl cannot encode a text");
  return encoded.get();
}

std::uint32_t retry_after_ms_of(const std::string& header, std::int64_t now_s) {
  std::int64_t wait_s = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), wait_s);
  if (error == std::errc::result_out_of_range) {
    wait_s = kRetryAfterMaxS;
  } else if (error != std::errc() || end != header.data() + header.size()) {
    const std::time_t when = curl_getdate(header.c_str(), nullptr);
    if (when < 0) return 0;
    wait_s = static_cast<std::int64_t>(when) - now_s;
  }
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wait_s, 0, kRetryAfterMaxS) * 1'000);
}

std::chrono::steady_clock::time_point last_answer_by(std::uint32_t deadline_ms) {
  const std::chrono::milliseconds limit(deadline_ms);
  return std::chrono::steady_clock::now() +
         std::min(limit - std::min(limit / 20, kReserveMax), kCallMax);
}

}  // namespace pw_plugin
