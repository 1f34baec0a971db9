#pragma once

#include <map>
#include <string>
#include <string_view>

// How the tables of tests write bytes that cannot stand in a text.
namespace packwarden::testing {

inline unsigned char hex_of(std::string_view digits) {
  return static_cast<unsigned char>(std::stoi(std::string(digits), nullptr, 16));
}

// One character or escape at the front of `text`, which is shortened by it.
inline std::string take_character(std::string_view& text) {
  const auto take = [&](std::size_t bytes) {
    const std::string_view taken = text.substr(0, bytes);
    text.remove_prefix(bytes);
    return taken;
  };
  if (text.front() != '\\') return std::string(take(1));
  const char kind = text.at(1);
  static const std::map<char, char> plain{
      {'n', '\n'}, {'r', '\r'}, {'t', '\t'}, {'0', '\0'}, {'\\', '\\'}};
  if (const auto found = plain.find(kind); found != plain.end()) {
    take(2);
    return std::string(1, found->second);
  }
  if (kind == 'x') return std::string(1, static_cast<char>(hex_of(take(4).substr(2))));
  return std::string(take(1));  // part of JSON
}

// {x*100} at the front of `text`; empty where there is none.
inline std::string take_repeated(std::string_view& text) {
  const std::size_t star = text.find('*');
  const std::size_t end = text.find('}');
  if (text.front() != '{' || star == std::string_view::npos || end == std::string_view::npos ||
      end < star || end == star + 1) {
    return "";
  }
  const std::string count(text.substr(star + 1, end - star - 1));
  if (count.find_first_not_of("0123456789") != std::string::npos) return "";
  std::string_view what = text.substr(1, star - 1);
  if (what.size() > 16 || what.find('{', 1) != std::string_view::npos) return "";
  std::string one;
  while (!what.empty()) one += take_character(what);
  text.remove_prefix(end + 1);
  std::string all;
  const auto times = static_cast<std::size_t>(std::stoul(count));
  all.reserve(times * one.size());
  for (std::size_t i = 0; i < times; ++i) all += one;
  return all;
}

// All of `text`.
inline std::string unescaped(std::string_view text) {
  std::string bytes;
  while (!text.empty()) {
    const std::string repeated = take_repeated(text);
    bytes += repeated.empty() ? take_character(text) : repeated;
  }
  return bytes;
}

}  // namespace packwarden::testing
