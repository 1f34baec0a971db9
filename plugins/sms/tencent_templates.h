#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "settings.h"

namespace sms {

// An approved template of Tencent Cloud.
struct TencentTemplate {
  std::string id;
  std::vector<std::string> facts;  // whose values are its parameters {1}, {2}, ...
};

// The settings template_KIND_LANGUAGE: "ID FACT...", separated by single spaces.
class TencentTemplates {
 public:
  // What is wrong is refused in `settings`.
  explicit TencentTemplates(pw_plugin::Settings& settings);

  // nullptr if there is none.
  const TencentTemplate* find(std::string_view kind, std::string_view language) const;

  static std::string setting_of(std::string_view kind, std::string_view language);

 private:
  std::map<std::string, TencentTemplate, std::less<>> by_setting_;
};

struct TencentParameters {
  std::vector<std::string> values;
  std::string wrong;  // a sentence, if there are no values
};

// The values of the template's facts in `facts`, which is a JSON object. Pure.
TencentParameters tencent_parameters(const TencentTemplate& text, std::string_view facts);

}  // namespace sms
