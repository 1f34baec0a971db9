#include "app/notice_settings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "domain/refund.h"
#include "domain/service_state.h"
#include "notices/notice_rules.h"

namespace packwarden {
namespace {

constexpr std::size_t max_path_bytes = 4'096;
constexpr std::size_t max_template_file_bytes = 1 << 20;
constexpr std::size_t max_word_bytes = 255;
constexpr std::array stop_reasons{StopReason::closed_account, StopReason::arrears,
                                  StopReason::packs_frozen,   StopReason::packs_exhausted,
                                  StopReason::packs_expired,  StopReason::trial_exhausted,
                                  StopReason::trial_expired,  StopReason::never_activated};
constexpr std::array refund_steps{RefundStep::requested, RefundStep::approved, RefundStep::rejected,
                                  RefundStep::ordered, RefundStep::completed};

std::vector<std::string_view> names_of_kinds() {
  std::vector<std::string_view> names;
  for (const NoticeKind kind : all_notice_kinds) names.push_back(name_of(kind));
  return names;
}

// --- notices.kinds and notices.urgent

// The media of a kind: a list of them, or the word off.
void read_kind(MapReader& kinds, NoticeKind kind, NoticePolicy& policy) {
  const std::string key(name_of(kind));
  if (!kinds.is_list(key)) {
    const auto word = kinds.scalar(key, "a list of media or off");
    if (!word) return;
    if (*word == "off") return policy.turn_off(kind);
    return kinds.error_at_value(key, "give a list of sms, email and webhook, or off");
  }
  std::vector<Medium> media;
  kinds.list(key, medium_count, [&](const YAML::Node& item, const std::string&) {
    const auto medium = item.IsScalar() ? medium_from(item.Scalar()) : std::nullopt;
    if (!medium) return kinds.error_at_value(key, "give a list of sms, email and webhook, or off");
    if (*medium == Medium::inbox) {
      return kinds.error_at_value(key, "in-site messages are always stored: take inbox out (N4)");
    }
    media.push_back(*medium);
  });
  policy.set_media(kind, media);
}

void read_urgent(MapReader& map, NoticePolicy& policy) {
  std::vector<NoticeKind> urgent;
  map.list("urgent", notice_kind_count, [&](const YAML::Node& item, const std::string&) {
    const auto kind = item.IsScalar() ? notice_kind_from(item.Scalar()) : std::nullopt;
    if (kind) return urgent.push_back(*kind);
    map.error_at_value(
        "urgent", fmt::format("give a list of kinds: of {}", fmt::join(names_of_kinds(), ", ")));
  });
  if (map.has("urgent")) policy.set_urgent(urgent);
}

void read_policy(MapReader& map, const std::vector<ChannelSettings>& channels,
                 NoticePolicy& policy) {
  MapReader kinds = map.group("kinds");
  for (const NoticeKind kind : all_notice_kinds) read_kind(kinds, kind, policy);
  kinds.finish();
  read_urgent(map, policy);
  std::vector<NoticeChannel> notice_channels;
  for (const ChannelSettings& channel : channels) {
    const auto medium = medium_from(channel.medium);
    if (!medium) continue;  // is an error already
    notice_channels.push_back({channel.name, *medium, Span::seconds(channel.useful_for_s)});
  }
  policy.set_channels(std::move(notice_channels));
}

// --- the templates

class TemplatesReader {
 public:
  TemplatesReader(std::string folder, std::uint32_t sms_parts_max, NoticeTexts& texts,
                  std::vector<FileErrors>& files)
      : folder_(std::move(folder)), sms_parts_max_(sms_parts_max), texts_(texts), files_(files) {}

  void read() {
    for (const std::string_view language : notice_languages) read_language(language);
    read_layout();
  }

 private:
  std::optional<std::string> content(const std::string& name, std::size_t max_bytes) {
    const std::string path = (std::filesystem::path(folder_) / name).string();
    files_.emplace_back(path);
    auto text = read_small_file(path, max_bytes);
    if (text) return std::move(*text);
    files_.back().add(YAML::Mark(), fmt::format("cannot be read: {}: notices need it; name the "
                                                "folder of templates with "
                                                "notices.templates_directory",
                                                text.error()));
    return std::nullopt;
  }

  void read_language(std::string_view language) {
    const auto text = content(std::string(language) + ".yaml", max_template_file_bytes);
    if (!text) return;
    FileErrors& errors = files_.back();
    const auto root = parse_yaml(*text, errors);
    if (!root) return;
    MapReader map(*root, root->Mark(), "", errors);
    map.require("kinds", "the texts of each kind");
    if (map.has("kinds")) read_kinds(map.group("kinds"), language);
    MapReader reasons = map.group("reasons");
    for (const StopReason reason : stop_reasons) {
      read_word(reasons, language, NoticeVariable::reason, std::string(name_of(reason)));
    }
    reasons.finish();
    MapReader steps = map.group("steps");
    for (const RefundStep step : refund_steps) {
      read_word(steps, language, NoticeVariable::step, std::string(name_of(step)));
    }
    steps.finish();
    map.finish();
  }

  void read_kinds(MapReader kinds, std::string_view language) {
    for (const NoticeKind kind : all_notice_kinds) {
      const std::string key(name_of(kind));
      kinds.require(key, "subject, body and sms of this kind");
      MapReader texts = kinds.group(key);
      if (kinds.has(key)) read_kind(std::move(texts), language, kind);
    }
    kinds.finish();
  }

  void read_kind(MapReader map, std::string_view language, NoticeKind kind) {
    bool is_whole = true;
    for (const TextForm form : all_text_forms) {
      const std::string key(name_of(form));
      map.require(key, "the text");
      const auto text = map.scalar(key, "one text");
      if (!text) {
        is_whole = false;
        continue;
      }
      const auto fault = texts_.set(language, kind, form, *text);
      if (!fault) continue;
      map.error_at_value(key, *fault);
      is_whole = false;
    }
    map.finish();
    if (!is_whole) return;
    const std::size_t parts = longest_sms_parts(texts_, language, kind);
    if (parts <= sms_parts_max_) return;
    map.error_at_value("sms", fmt::format("needs {} SMS with long names and numbers: shorten it, "
                                          "or raise notices.sms_parts_max from {}",
                                          parts, sms_parts_max_));
  }

  void read_word(MapReader& map, std::string_view language, NoticeVariable of,
                 const std::string& code) {
    std::string word;
    map.required_text(code, word, max_word_bytes, "the words for it");
    texts_.set_word(language, of, code, std::move(word));
  }

  void read_layout() {
    const auto text = content("email.html", max_template_file_bytes);
    if (!text) return;
    if (const auto fault = texts_.set_layout(*text)) {
      files_.back().add(YAML::Mark(), *fault);
    }
  }

  std::string folder_;
  std::uint32_t sms_parts_max_;
  NoticeTexts& texts_;
  std::vector<FileErrors>& files_;
};

}  // namespace

void read_notice_settings(MapReader map, const std::filesystem::path& folder,
                          const std::vector<ChannelSettings>& channels, NoticeSettings& out,
                          std::vector<FileErrors>& files) {
  auto rules = std::make_shared<NoticeRules>();
  map.text("templates_directory", out.templates_directory, max_path_bytes);
  out.templates_directory = (folder / out.templates_directory).lexically_normal().string();
  map.whole_number("sms_parts_max", out.sms_parts_max, {1, 10});
  read_policy(map, channels, rules->policy);
  map.finish();
  TemplatesReader(out.templates_directory, out.sms_parts_max, rules->texts, files).read();
  out.rules = std::move(rules);
}

}  // namespace packwarden
