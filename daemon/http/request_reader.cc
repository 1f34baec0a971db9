#include "http/request_reader.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/none.hpp>
#include <boost/optional/optional.hpp>

#include "http/http_options.h"

namespace packwarden {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

// Beast's parser without its container of fields: only what is needed is kept.
class Parser final : public http::basic_parser<true> {
 public:
  explicit Parser(HttpRequest& request) : request_(request) {
    header_limit(max_header_bytes);
    body_limit(boost::none);  // none is read
  }

 private:
  void on_request_impl(http::verb method, string_view, string_view target, int version,
                       error_code&) override {
    request_.is_get = method == http::verb::get;
    request_.is_head = method == http::verb::head;
    request_.target = {target.data(), target.size()};
    request_.is_http_1_0 = version == 10;
  }
  void on_field_impl(http::field name, string_view, string_view value, error_code&) override {
    if (name == http::field::host) {
      ++request_.hosts;
    } else if (name == http::field::authorization) {
      ++request_.authorizations;
      request_.authorization.assign(value.data(), value.size());
    }
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, string_view, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, string_view, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}

  HttpRequest& request_;
};

ReadResult result_of(const error_code& failed, std::string_view input) {
  if (failed == http::error::need_more) return ReadResult::incomplete;
  if (failed == http::error::bad_version) return ReadResult::other_version;
  if (failed != http::error::header_limit) return ReadResult::malformed;
  const bool has_line = input.substr(0, max_header_bytes).find('\n') != std::string_view::npos;
  return has_line ? ReadResult::header_too_large : ReadResult::target_too_long;
}

}  // namespace

ReadResult read_request(std::string_view input, HttpRequest& request, std::size_t& used_bytes) {
  constexpr std::string_view line_end = "\r\n";
  // One empty line before a request is left over from what came before it (RFC 9112, 2.2).
  const std::size_t skipped = input.starts_with(line_end) ? line_end.size() : 0;
  input.remove_prefix(skipped);
  if (input.empty() || (skipped == 0 && input == "\r")) return ReadResult::incomplete;
  // Such as a TLS handshake: no end of a head would ever come.
  if (input[0] < 'A' || input[0] > 'Z') return ReadResult::malformed;

  request.authorization.clear();
  request.authorizations = 0;
  request.hosts = 0;
  Parser parser(request);
  error_code failed;
  used_bytes = skipped + parser.put(boost::asio::buffer(input.data(), input.size()), failed);
  if (failed) return result_of(failed, input);
  if (!parser.is_header_done()) return ReadResult::incomplete;
  if (request.target.size() > max_target_bytes) return ReadResult::target_too_long;
  request.keep_alive = parser.keep_alive();
  request.has_body = !parser.is_done();
  return ReadResult::whole;
}

}  // namespace packwarden
