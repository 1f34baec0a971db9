#include "store/value_binding.h"

#include <algorithm>

namespace packwarden {
namespace {

constexpr std::size_t null_index = SqlValue(nullptr).index();
constexpr std::size_t signed_index = SqlValue(std::int64_t{}).index();
constexpr std::size_t natural_index = SqlValue(std::uint64_t{}).index();
constexpr std::size_t bytes_index = SqlValue(Bytes{}).index();

// Of texts and blobs; nullopt of others.
std::optional<std::string_view> text_of(const SqlValue& value) {
  if (const auto* text = std::get_if<std::string_view>(&value)) return *text;
  if (const auto* blob = std::get_if<Bytes>(&value)) return blob->bytes;
  return std::nullopt;
}

// The client dereferences it, however short the text is.
const char* data_of(std::string_view text) {
  return text.data() == nullptr ? "" : text.data();
}

std::size_t bytes_of(std::span<const SqlValue> row) {
  std::size_t bytes = 0;
  for (const SqlValue& value : row) bytes += text_of(value).value_or(std::string_view()).size();
  return bytes;
}

// The type of all values of the column that `values` begins with, but null; null where it has only
// nulls; nullopt where it has more than one.
std::optional<std::size_t> type_of_column(std::span<const SqlValue> values, std::size_t width) {
  std::size_t type = null_index;
  for (std::size_t i = 0; i < values.size(); i += width) {
    const std::size_t its = values[i].index();
    if (its == null_index || its == type) continue;
    if (type != null_index) return std::nullopt;
    type = its;
  }
  return type;
}

}  // namespace

void bind_value(const SqlValue& value, MYSQL_BIND& bind) {
  bind = {};
  const auto bind_number = [&](const void* number, bool is_unsigned) {
    bind.buffer_type = MYSQL_TYPE_LONGLONG;
    bind.is_unsigned = is_unsigned;
    bind.buffer = const_cast<void*>(number);
  };
  if (const auto text = text_of(value)) {
    bind.buffer_type = std::holds_alternative<Bytes>(value) ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
    bind.buffer = const_cast<char*>(data_of(*text));
    bind.buffer_length = text->size();
    bind.length_value = text->size();
    bind.length = &bind.length_value;
  } else if (const auto* number = std::get_if<std::int64_t>(&value)) {
    bind_number(number, false);
  } else if (const auto* natural = std::get_if<std::uint64_t>(&value)) {
    bind_number(natural, true);
  } else {
    bind.buffer_type = MYSQL_TYPE_NULL;
  }
}

std::size_t rows_together(std::span<const SqlValue> values, std::size_t width, std::size_t rows_max,
                          std::size_t bytes_max) {
  const std::size_t most = std::min(values.size() / width, rows_max);
  std::size_t bytes = 0;
  for (std::size_t row = 0; row < most; ++row) {
    bytes += bytes_of(values.subspan(row * width, width));
    if (bytes > bytes_max) return std::max<std::size_t>(row, 1);
  }
  return most;
}

// `values` begins with the first one of the column.
void BoundColumns::fill_numbers(std::span<const SqlValue> values, std::size_t width,
                                Column& column) {
  for (std::size_t i = 0; i < values.size(); i += width) {
    const auto* natural = std::get_if<std::uint64_t>(&values[i]);
    const auto* number = std::get_if<std::int64_t>(&values[i]);
    column.numbers.push_back(natural != nullptr  ? *natural
                             : number != nullptr ? static_cast<std::uint64_t>(*number)
                                                 : 0);
  }
}

void BoundColumns::fill_texts(std::span<const SqlValue> values, std::size_t width, Column& column) {
  for (std::size_t i = 0; i < values.size(); i += width) {
    const std::string_view text = text_of(values[i]).value_or(std::string_view());
    column.texts.push_back(data_of(text));
    column.lengths.push_back(text.size());
  }
}

std::optional<BoundColumns> BoundColumns::of(std::span<const SqlValue> values, std::size_t width) {
  BoundColumns bound;
  bound.columns_.resize(width);
  bound.binds_.resize(width);
  for (std::size_t i = 0; i < width; ++i) {
    const auto of_column = values.subspan(i);
    const auto type = type_of_column(of_column, width);
    if (!type) return std::nullopt;
    Column& column = bound.columns_[i];
    for (std::size_t at = 0; at < of_column.size(); at += width) {
      const bool is_null = of_column[at].index() == null_index;
      column.indicators.push_back(is_null ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE);
    }
    MYSQL_BIND& bind = bound.binds_[i];
    bind = {};
    bind.u.indicator = column.indicators.data();
    if (*type == signed_index || *type == natural_index) {
      fill_numbers(of_column, width, column);
      bind.buffer_type = MYSQL_TYPE_LONGLONG;
      bind.is_unsigned = *type == natural_index;
      bind.buffer = column.numbers.data();
    } else {
      fill_texts(of_column, width, column);
      bind.buffer_type = *type == bytes_index ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
      bind.buffer = column.texts.data();
      bind.length = column.lengths.data();
    }
  }
  return bound;
}

}  // namespace packwarden
