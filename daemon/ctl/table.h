#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "domain/shown_text.h"

namespace packwarden {

// How many columns of a terminal a UTF-8 text takes: Chinese and other wide characters two,
// combining ones none.
std::size_t shown_width(std::string_view text);

// Rows for people, in aligned columns.
class Table {
 public:
  struct Column {
    std::string title;
    bool right = false;  // numbers
  };
  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}

  // As many cells as columns.
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  // Prints "none" where there are no rows.
  void print(std::ostream& out) const;
  std::vector<std::string> lines() const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace packwarden
