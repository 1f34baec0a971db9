#include "usecases/command_run.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <memory>
#include <stdexcept>
#include <utility>

namespace packwarden {
namespace {

constexpr std::size_t max_request_id_bytes = 128;

// Each field with its length in front, so that no two lists of fields give the same bytes.
Digest digest_of(const char* kind, std::span<const std::string_view> content) {
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(),
                                                                   EVP_MD_CTX_free);
  bool good = context && EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr) == 1;
  const auto add = [&](std::string_view field) {
    const std::string length = fmt::format("{}:", field.size());
    good = good && EVP_DigestUpdate(context.get(), length.data(), length.size()) == 1 &&
           EVP_DigestUpdate(context.get(), field.data(), field.size()) == 1;
  };
  add(kind);
  for (const std::string_view field : content) add(field);
  Digest digest{};
  good = good && EVP_DigestFinal_ex(context.get(), digest.data(), nullptr) == 1;
  if (!good) throw std::runtime_error("OpenSSL has no SHA-256");
  return digest;
}

// As it is stored: JSON, of which names are only ever added.
std::string to_result(const CommandDone& done) {
  boost::json::object object{{"count", done.count}, {"first_id", done.first_id}};
  if (done.balance_micros) object["balance_micros"] = *done.balance_micros;
  if (done.names_a_piece != 0) object["names_a_piece"] = done.names_a_piece;
  if (!done.refused.empty()) {
    boost::json::array refused;
    for (const RefusedName& one : done.refused) {
      refused.push_back(boost::json::object{
          {"name", one.name}, {"code", one.why.code}, {"message", one.why.message}});
    }
    object["refused"] = std::move(refused);
  }
  return boost::json::serialize(object);
}

CommandDone from_json(const boost::json::object& object) {
  CommandDone done;
  done.count = boost::json::value_to<std::uint32_t>(object.at("count"));
  done.first_id = boost::json::value_to<std::uint32_t>(object.at("first_id"));
  if (const auto* balance = object.if_contains("balance_micros")) {
    done.balance_micros = boost::json::value_to<MoneyMicros>(*balance);
  }
  if (const auto* names = object.if_contains("names_a_piece")) {
    done.names_a_piece = boost::json::value_to<std::uint32_t>(*names);
  }
  if (const auto* refused = object.if_contains("refused")) {
    for (const boost::json::value& one : refused->as_array()) {
      done.refused.push_back({boost::json::value_to<std::string>(one.at("name")),
                              {boost::json::value_to<std::string>(one.at("code")),
                               boost::json::value_to<std::string>(one.at("message"))}});
    }
  }
  return done;
}

CommandDone from_result(std::string_view text) {
  boost::json::error_code error;
  const auto value = boost::json::parse({text.data(), text.size()}, error);
  if (!error && value.is_object()) return from_json(value.get_object());
  // Before figures were stored: "COUNT FIRST_ID".
  CommandDone done;
  const char* end = text.data() + text.size();
  const auto count = std::from_chars(text.data(), end, done.count);
  if (count.ec == std::errc{} && count.ptr != end && *count.ptr == ' ') {
    const auto first = std::from_chars(count.ptr + 1, end, done.first_id);
    if (first.ec == std::errc{} && first.ptr == end) return done;
  }
  throw std::logic_error(fmt::format("'{}' is no stored result of a command", text));
}

bool is_request_id(std::string_view text) {
  return !text.empty() && text.size() <= max_request_id_bytes &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7F'; });
}

}  // namespace

tl::unexpected<Refusal> refuse(std::string code, std::string message) {
  return tl::unexpected<Refusal>(Refusal{std::move(code), std::move(message)});
}

std::string new_request_id() {
  std::array<unsigned char, 16> bits{};
  if (RAND_bytes(bits.data(), static_cast<int>(bits.size())) != 1) {
    throw std::runtime_error("OpenSSL gives no random bytes");
  }
  std::string text;
  for (std::size_t i = 0; i < bits.size(); ++i) {
    text += fmt::format("{}{:02x}", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "", bits[i]);
  }
  return text;
}

tl::expected<CommandKey, Refusal> command_key(const char* kind, std::optional<Instant> as_of,
                                              const std::string& request_id,
                                              std::span<const std::string_view> content) {
  if (!is_request_id(request_id)) {
    return refuse("bad_request_id",
                  "A request id is 1 to 128 letters, digits or signs without spaces. Give such a "
                  "one, or none.");
  }
  return CommandKey{kind, request_id, digest_of(kind, content), as_of};
}

CommandOutcome run_piece(Ledger& ledger, const CommandKey& key, std::uint32_t piece,
                         const std::function<CommandOutcome(LedgerTransaction&)>& work) {
  CommandOutcome outcome;
  bool maybe_ours = false;  // what is found may have been committed by this very run
  ledger.transact(key.kind, key.as_of, [&](LedgerTransaction& transaction) {
    if (const auto stored = transaction.find_command(key.request_id, piece)) {
      if (stored->content == key.content) {
        outcome = from_result(stored->result);
        outcome->repeated = !maybe_ours;
      } else {
        outcome = refuse("request_conflict",
                         fmt::format("Request id '{}' was used for another command. Leave it out "
                                     "to make this a new request.",
                                     key.request_id));
      }
      return Verdict::roll_back;
    }
    outcome = work(transaction);
    if (!outcome) return Verdict::roll_back;
    transaction.add_command(key.request_id, piece, {key.content, to_result(*outcome)});
    maybe_ours = true;
    return Verdict::commit;
  });
  return outcome;
}

CommandOutcome run_command(Ledger& ledger, const char* kind, std::optional<Instant> as_of,
                           const std::string& request_id, std::span<const std::string_view> content,
                           const std::function<CommandOutcome(LedgerTransaction&)>& work) {
  const auto key = command_key(kind, as_of, request_id, content);
  if (!key) return tl::unexpected<Refusal>(key.error());
  return run_piece(ledger, *key, 0, work);
}

}  // namespace packwarden
