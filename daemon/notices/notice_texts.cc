#include "notices/notice_texts.h"

#include <fmt/format.h>

#include <algorithm>

#include "notices/sms_parts.h"

namespace packwarden {
namespace {

constexpr std::size_t max_text_bytes = 4'000;
constexpr std::size_t max_layout_bytes = 16'000;
constexpr std::size_t max_subject_bytes = 255;
constexpr std::size_t max_html_bytes = 65'535;  // what a row takes
constexpr std::array<std::string_view, all_text_forms.size()> form_names = {"subject", "body",
                                                                            "sms"};
constexpr std::array<std::string_view, 3> layout_names = {"language", "subject", "body"};

using Words = std::vector<std::pair<std::string, std::string>>;

std::string_view word_for(const Words& words, std::string_view code) {
  const auto at = std::find_if(words.begin(), words.end(),
                               [&](const auto& pair) { return pair.first == code; });
  return at == words.end() ? code : std::string_view(at->second);
}

std::string fault_of_bytes(const std::string& text, TextForm form) {
  if (text.empty() || text.size() > max_text_bytes) {
    return fmt::format("give a text of 1 to {} bytes", max_text_bytes);
  }
  const auto is_bad = [form](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && (form != TextForm::body || c != '\n')) || byte == 0x7F;
  };
  if (std::any_of(text.begin(), text.end(), is_bad)) {
    return form == TextForm::body ? "give a text without control characters but ends of lines"
                                  : "give one line without control characters";
  }
  return "";
}

// Not within a character of UTF-8.
void cut(std::string& text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return;
  std::size_t end = max_bytes - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
  text.resize(end);
  text += "...";
}

}  // namespace

std::string_view notice_language(std::string_view language) {
  const auto at = std::find(notice_languages.begin(), notice_languages.end(), language);
  return at == notice_languages.end() ? notice_languages.front() : *at;
}

std::string_view name_of(TextForm form) {
  return form_names.at(static_cast<std::size_t>(form));
}

std::size_t NoticeTexts::index_of(std::string_view language) {
  const auto at = std::find(notice_languages.begin(), notice_languages.end(), language);
  return at == notice_languages.end() ? 0 : static_cast<std::size_t>(at - notice_languages.begin());
}

std::optional<std::string> NoticeTexts::set(std::string_view language, NoticeKind kind,
                                            TextForm form, const std::string& text) {
  if (std::string fault = fault_of_bytes(text, form); !fault.empty()) return fault;
  std::array<std::string_view, notice_variable_count> names;
  for (const NoticeVariable variable : variables_of(kind)) {
    const auto index = static_cast<std::size_t>(variable);
    names[index] = notice_variable_names[index];
  }
  auto compiled = TextTemplate::compile(text, names);
  if (!compiled) return std::move(compiled.error());
  languages_[index_of(language)]
      .texts[static_cast<std::size_t>(kind)][static_cast<std::size_t>(form)] = std::move(*compiled);
  return std::nullopt;
}

std::optional<std::string> NoticeTexts::set_layout(const std::string& text) {
  if (text.size() > max_layout_bytes) {
    return fmt::format("is larger than {} bytes: make it smaller", max_layout_bytes);
  }
  auto compiled = TextTemplate::compile(text, layout_names);
  if (!compiled) return std::move(compiled.error());
  layout_ = std::move(*compiled);
  return std::nullopt;
}

void NoticeTexts::set_word(std::string_view language, NoticeVariable of, std::string code,
                           std::string word) {
  Language& its = languages_[index_of(language)];
  Words& words = of == NoticeVariable::step ? its.steps : its.reasons;
  words.emplace_back(std::move(code), std::move(word));
}

NoticeText NoticeTexts::render(Medium medium, std::string_view language, NoticeKind kind,
                               const NoticeFacts& facts) const {
  const Language& its = languages_[index_of(language)];
  NoticeValues values(kind, facts);
  if (kind == NoticeKind::service_stopped) {
    values.set(NoticeVariable::reason, word_for(its.reasons, facts.reason));
  }
  if (kind == NoticeKind::refund_step) {
    values.set(NoticeVariable::step, word_for(its.steps, facts.step));
  }
  NoticeText text;
  const auto render = [&](TextForm form, std::string& out) {
    out.reserve(256);
    const auto& texts = its.texts[static_cast<std::size_t>(kind)];
    texts[static_cast<std::size_t>(form)].render(values.all(), Escape::plain, out);
  };
  if (medium == Medium::sms) {
    render(TextForm::sms, text.body);
    return text;
  }
  render(TextForm::subject, text.subject);
  cut(text.subject, max_subject_bytes);
  render(TextForm::body, text.body);
  if (medium == Medium::email) text.html = html_of(notice_language(language), text);
  return text;
}

std::string NoticeTexts::html_of(std::string_view language, const NoticeText& text) const {
  const std::array<std::string_view, layout_names.size()> values = {language, text.subject,
                                                                    text.body};
  std::string html;
  html.reserve(4'096);
  layout_.render(values, Escape::html, html);
  if (html.size() > max_html_bytes) html.clear();
  return html;
}

std::size_t longest_sms_parts(const NoticeTexts& texts, std::string_view language,
                              NoticeKind kind) {
  return sms_parts(texts.render(Medium::sms, language, kind, longest_facts(kind)).body);
}

}  // namespace packwarden
