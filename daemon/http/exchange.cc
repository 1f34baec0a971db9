#include "http/exchange.h"

#include "http/http_options.h"
#include "logging/log.h"

namespace packwarden {
namespace {

constexpr std::size_t output_flush_bytes = 64 << 10;

// Of origin-form, or of absolute-form, which proxies use; empty for any other.
std::string_view path_of(std::string_view target) {
  if (!target.starts_with('/')) {
    const auto host = target.find("://");
    if (host == std::string_view::npos) return {};
    const auto path = target.find('/', host + 3);
    if (path == std::string_view::npos) return {};
    target.remove_prefix(path);
  }
  return target.substr(0, target.find('?'));
}

}  // namespace

Answer Exchange::answer_request(Instant now) {
  if (request_.has_body) {
    return last_answer(body_, 413, "body_refused",
                       "A request may have no body here: leave it out.");
  }
  if (request_.authorizations > 1 || (request_.hosts != 1 && !request_.is_http_1_0)) {
    return last_answer(body_, 400, "bad_request",
                       "Send exactly one Host header, and at most one Authorization header.");
  }
  RouteCall call;
  call.now = now;
  const Route* const route = site_.router.find(path_of(request_.target), call);
  if (route == nullptr) {
    return error_answer(body_, 404, "no_such_path",
                        "There is nothing at this path: ask for "
                        "/v1/entitlements/{account}/{product}.");
  }
  if (!request_.is_get && !request_.is_head) {
    return error_answer(body_, 405, "method_not_allowed",
                        "This path is only read: use GET or HEAD.");
  }
  if (route->access == Access::bearer_token &&
      !token_.holds(request_.authorization, site_.tokens)) {
    return error_answer(body_, 401, "unauthorized",
                        "The request needs the header Authorization: Bearer TOKEN, with a token "
                        "that holds; packctl token new makes one.");
  }
  return route->handler(call, body_);
}

Answer Exchange::answer_one(ReadResult result, Instant now) {
  body_.clear();
  switch (result) {
    case ReadResult::whole:
    case ReadResult::incomplete:  // not asked for
      break;
    case ReadResult::malformed:
      return last_answer(body_, 400, "bad_request",
                         "This is no request of HTTP/1.1: mend the client, and see that it uses "
                         "https where the port does.");
    case ReadResult::other_version:
      return last_answer(body_, 505, "http_version",
                         "Only HTTP/1.1 and HTTP/1.0 are spoken here: use HTTP/1.1.");
    case ReadResult::target_too_long:
      return last_answer(body_, 414, "target_too_long",
                         "The target of the request is over 2048 bytes: names have at most 128.");
    case ReadResult::header_too_large:
      return last_answer(body_, 431, "header_too_large",
                         "The head of the request is over 8192 bytes: leave out cookies and the "
                         "like.");
  }
  try {
    return answer_request(now);
  } catch (const std::exception& error) {
    log_event(events::http_fault, "http: a request ended in a fault of the daemon: {}; report it",
              error.what());
    return last_answer(body_, 500, "internal",
                       "The daemon has a fault, which is in its log: try again, and report it.");
  }
}

void Exchange::append(std::string& output, const Answer& answer, Instant now,
                      bool says_keep_alive) {
  site_.tally.answered(answer.status);
  append_answer(output, answer, body_, site_.date.at(now), request_.is_head, says_keep_alive);
}

Exchange::Progress Exchange::answer(std::string_view input, std::string& output) {
  Progress progress;
  while (!progress.close && progress.used_bytes < input.size() &&
         output.size() < output_flush_bytes) {
    const std::string_view rest = input.substr(progress.used_bytes);
    std::size_t used_bytes = 0;
    request_.is_head = false;  // where not so much as the method can be read
    const ReadResult result = read_request(rest, request_, used_bytes);
    if (result == ReadResult::incomplete) break;
    const Instant now = site_.now();
    Answer answer = answer_one(result, now);
    const bool is_last = !request_.keep_alive || (site_.is_stopping && used_bytes == rest.size());
    answer.close = answer.close || is_last;
    append(output, answer, now, request_.is_http_1_0);
    progress.used_bytes += used_bytes;
    progress.close = answer.close;
  }
  return progress;
}

void Exchange::answer_too_slow(std::string& output) {
  request_.is_head = false;
  append(output,
         last_answer(body_, 408, "too_slow",
                     "The head of the request did not come in time: send it in one piece."),
         site_.now(), false);
}

}  // namespace packwarden
