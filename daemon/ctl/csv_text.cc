#include "ctl/csv_text.h"

namespace packwarden {

std::string csv_line(std::initializer_list<std::string> values) {
  std::string line;
  const char* separator = "";
  for (const std::string& value : values) {
    line += separator;
    separator = ",";
    if (value.find_first_of(",\"\r\n") == std::string::npos) {
      line += value;
      continue;
    }
    line.push_back('"');
    for (const char c : value) line.append(c == '"' ? 2 : 1, c);
    line.push_back('"');
  }
  return line + "\r\n";
}

}  // namespace packwarden
