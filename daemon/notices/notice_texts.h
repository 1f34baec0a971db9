#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "domain/medium.h"
#include "notices/notice_facts.h"
#include "notices/text_template.h"

namespace packwarden {

// Those that texts are in; each other one falls back to the first.
inline constexpr std::array<std::string_view, 2> notice_languages = {"en", "zh-CN"};
std::string_view notice_language(std::string_view language);

enum class TextForm : std::uint8_t { subject, body, sms };
inline constexpr std::array all_text_forms{TextForm::subject, TextForm::body, TextForm::sms};
std::string_view name_of(TextForm form);

// What goes out. Where a medium has none of a part, it is empty.
struct NoticeText {
  std::string subject;  // one line of at most 255 bytes
  std::string body;     // for sms: its text
  std::string html;
};

// The texts of all kinds in all languages, compiled. Filled once, then read by any thread.
class NoticeTexts {
 public:
  // What is wrong with the text, as a sentence; nullopt where it is taken.
  std::optional<std::string> set(std::string_view language, NoticeKind kind, TextForm form,
                                 const std::string& text);
  // The layout of e-mails, with {{language}}, {{subject}} and {{body}}.
  std::optional<std::string> set_layout(const std::string& text);
  // The words for a stop reason or a refund step; without one its code stands in the text.
  void set_word(std::string_view language, NoticeVariable of, std::string code, std::string word);

  // N4: the text of a notice for a medium. At most 64 KiB a part; an HTML that would be longer is
  // left out. Pure; about a microsecond.
  NoticeText render(Medium medium, std::string_view language, NoticeKind kind,
                    const NoticeFacts& facts) const;

 private:
  struct Language {
    std::array<std::array<TextTemplate, all_text_forms.size()>, notice_kind_count> texts;
    std::vector<std::pair<std::string, std::string>> reasons;
    std::vector<std::pair<std::string, std::string>> steps;
  };
  static std::size_t index_of(std::string_view language);
  std::string html_of(std::string_view language, const NoticeText& text) const;

  std::array<Language, notice_languages.size()> languages_;
  TextTemplate layout_;
};

// How many SMS the text of a kind needs with the longest facts that are likely.
std::size_t longest_sms_parts(const NoticeTexts& texts, std::string_view language, NoticeKind kind);

}  // namespace packwarden
