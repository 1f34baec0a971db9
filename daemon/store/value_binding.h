#pragma once

#include <mysql.h>

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "store/session.h"

namespace packwarden {

// Binds one value to one placeholder. `value` must outlive the execution.
void bind_value(const SqlValue& value, MYSQL_BIND& bind);

// How many of the rows at the beginning of `values`, which are `width` values each, go into one
// statement of at most `rows_max` rows and `bytes_max` bytes of texts: one at least.
std::size_t rows_together(std::span<const SqlValue> values, std::size_t width, std::size_t rows_max,
                          std::size_t bytes_max);

// Many rows as one array for each placeholder, as MariaDB takes them in one execution. Refers to
// the values it is made of, which must outlive it.
class BoundColumns {
 public:
  // `values`: rows of `width` values. nullopt: values of one column are of different types, which
  // an array cannot hold (null goes with all of them).
  static std::optional<BoundColumns> of(std::span<const SqlValue> values, std::size_t width);

  BoundColumns(BoundColumns&&) = default;
  BoundColumns& operator=(BoundColumns&&) = default;
  BoundColumns(const BoundColumns&) = delete;
  BoundColumns& operator=(const BoundColumns&) = delete;

  // One for each placeholder, owned by this.
  MYSQL_BIND* binds() { return binds_.data(); }

 private:
  struct Column {
    std::vector<std::uint64_t> numbers;  // these, or texts with their lengths
    std::vector<const char*> texts;
    std::vector<unsigned long> lengths;
    std::vector<char> indicators;  // which of them are null
  };

  BoundColumns() = default;
  static void fill_numbers(std::span<const SqlValue> values, std::size_t width, Column& column);
  static void fill_texts(std::span<const SqlValue> values, std::size_t width, Column& column);

  std::vector<Column> columns_;
  std::vector<MYSQL_BIND> binds_;
};

}  // namespace packwarden
