#include "tencent_templates.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>

namespace sms {
namespace {

namespace json = boost::json;

constexpr std::string_view kPrefix = "template_";

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (const char c : text) {
    if (c == ' ') {
      words.emplace_back();
    } else {
      words.back() += c;
    }
  }
  return words;
}

bool is_digits(const std::string& text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// Texts and whole numbers; nothing else has one way to be written.
std::string text_of(const json::value& value, bool& is_plain) {
  is_plain = true;
  if (const json::string* text = value.if_string()) return std::string(*text);
  if (const std::int64_t* number = value.if_int64()) return std::to_string(*number);
  if (const std::uint64_t* number = value.if_uint64()) return std::to_string(*number);
  is_plain = false;
  return "";
}

}  // namespace

TencentTemplates::TencentTemplates(pw_plugin::Settings& settings) {
  for (const auto& [rest, value] : settings.with_prefix(kPrefix)) {
    std::vector<std::string> words = words_of(value);
    const auto split = rest.rfind('_');
    const bool has_both = split != std::string::npos && split > 0 && split + 1 < rest.size();
    const bool has_gap = std::find(words.begin(), words.end(), "") != words.end();
    if (!has_both || has_gap || !is_digits(words.front())) {
      settings.refuse(fmt::format(
          "\"{}{}\" is no template; write template_KIND_LANGUAGE: \"ID FACT...\", such as "
          "template_pack_usage_zh-CN: \"1234567 level product left\"",
          kPrefix, rest));
      continue;
    }
    TencentTemplate text{words.front(), {words.begin() + 1, words.end()}};
    by_setting_.emplace(std::string(kPrefix) + rest, std::move(text));
  }
  if (by_setting_.empty()) {
    settings.refuse(
        "no template is set; give one for each kind and language that goes out, such as "
        "template_pack_usage_zh-CN: \"1234567 level product left\"");
  }
}

std::string TencentTemplates::setting_of(std::string_view kind, std::string_view language) {
  return fmt::format("{}{}_{}", kPrefix, kind, language);
}

const TencentTemplate* TencentTemplates::find(std::string_view kind,
                                              std::string_view language) const {
  const auto found = by_setting_.find(setting_of(kind, language));
  return found == by_setting_.end() ? nullptr : &found->second;
}

TencentParameters tencent_parameters(const TencentTemplate& text, std::string_view facts) {
  TencentParameters parameters;
  boost::system::error_code failed;
  const json::value parsed = json::parse(facts, failed);
  const json::object* object = failed ? nullptr : parsed.if_object();
  if (object == nullptr) return {{}, "the facts of the notice are no JSON object"};
  for (const std::string& name : text.facts) {
    const json::value* value = object->if_contains(name);
    bool is_plain = false;
    const std::string written = value == nullptr ? "" : text_of(*value, is_plain);
    if (!is_plain) {
      return {{},
              fmt::format("the notice has no fact \"{}\", which its template names: mend the "
                          "setting, then retry",
                          name)};
    }
    parameters.values.push_back(written);
  }
  return parameters;
}

}  // namespace sms
