#pragma once

#include <memory>
#include <string>
#include <vector>

#include "mediation/record_decoder.h"
#include "mediation/resolver.h"

namespace packwarden::testing {

// What examples of usage lines are read in: the accounts acme and its sub-account shop, the product
// captcha with the meters client_verification and ticket_check.
class LineWorld {
 public:
  static constexpr std::uint32_t max_line_bytes = 65'536;

  // The lines point into the text and the decoder.
  struct Reading {
    std::unique_ptr<std::string> text;
    std::unique_ptr<RecordDecoder> decoder;
    std::vector<DecodedLine> lines;
  };

  // `arrival` of the file, RFC 3339.
  explicit LineWorld(const std::string& arrival)
      : arrival_(parse_rfc3339(arrival.data(), arrival.data() + arrival.size()).value()) {
    Product product;
    product.id = ProductId{1};
    product.name = "captcha";
    product.meters = {{MeterId{1}, "client_verification"}, {MeterId{2}, "ticket_check"}};
    catalogue_.products.push_back(product);
    const std::string closed_at = "2026-11-20T10:00:00Z";
    const AccountFact closed{
        AccountId{3}, AccountFactKind::closed,
        parse_rfc3339(closed_at.data(), closed_at.data() + closed_at.size()).value()};
    directory_ = AccountDirectory::extend(AccountDirectory(),
                                          {{AccountId{1}, AccountId{}, "acme"},
                                           {AccountId{2}, AccountId{1}, "shop"},
                                           {AccountId{3}, AccountId{}, "gone"},
                                           {AccountId{4}, AccountId{3}, "gone-shop"}},
                                          std::span(&closed, 1));
  }

  // The lines `text` behind the header `head`, which JSON has none of.
  Reading read(Format format, const std::string& head, const std::string& text) const {
    Reading reading;
    // As the second line: a byte order mark may only stand before the first.
    reading.text =
        std::make_unique<std::string>((format == Format::csv ? head : "\n") + text + "\n");
    const std::size_t begin = format == Format::csv ? head.size() : 1;
    reading.decoder = open_decoder(format, *reading.text, true, max_line_bytes).value();
    reading.decoder->decode(std::string_view(*reading.text).substr(begin), true, begin, 2, 9,
                            reading.lines);
    return reading;
  }

  // "accepted", or the reason (U5).
  std::string outcome_of(DecodedLine& line, ResolvedRecord& resolved) const {
    RecordResolver resolver(catalogue_, directory_, arrival_, {}, Instant::earliest());
    const bool accepted = !line.rejected && resolver.resolve(line, resolved);
    return accepted ? "accepted" : std::string(name_of(line.reason));
  }

 private:
  Catalogue catalogue_;
  std::shared_ptr<const AccountDirectory> directory_;
  Instant arrival_;
};

}  // namespace packwarden::testing
