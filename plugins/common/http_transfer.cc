#include "http_transfer.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <new>
#include <stdexcept>
#include <string_view>

#include "address_guard.h"

namespace pw_plugin {
namespace {

constexpr std::string_view kRetryAfter = "retry-after:";

bool begins_with(std::string_view line, std::string_view name) {
  return line.size() >= name.size() && curl_strnequal(line.data(), name.data(), name.size()) != 0;
}

std::string trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(kSpace) - first + 1));
}

}  // namespace

HttpTransfer::HttpTransfer(const HttpOptions& options, const HttpRequest& request,
                           HttpAnswer& answer, long timeout_ms)
    : options_(&options), request_(&request), answer_(&answer), easy_(curl_easy_init()) {
  if (easy_ == nullptr) throw std::runtime_error("libcurl cannot be set up");
  set_up(timeout_ms);
}

template <typename Value>
void HttpTransfer::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
  if (code != CURLE_OK) {
    throw std::runtime_error(fmt::format("libcurl refuses option {}: {}", static_cast<int>(option),
                                         curl_easy_strerror(code)));
  }
}

void HttpTransfer::set_up(long timeout_ms) {
  set(CURLOPT_ERRORBUFFER, error_.data());
  set(CURLOPT_PRIVATE, this);
  set(CURLOPT_URL, request_->url.c_str());
  set(CURLOPT_PROTOCOLS_STR, "http,https");
  set(CURLOPT_PROXY, "");  // none from the environment either
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_HTTP_VERSION, static_cast<long>(CURL_HTTP_VERSION_1_1));
  set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
  set(CURLOPT_USERAGENT, "packwarden");
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(options_->connect_timeout_ms));
  set(CURLOPT_TIMEOUT_MS, timeout_ms);
  if (!options_->ca_file.empty()) {
    set(CURLOPT_CAINFO, options_->ca_file.c_str());
    set(CURLOPT_CAPATH, static_cast<const char*>(nullptr));  // this one alone
  }
  set(CURLOPT_HEADERFUNCTION, &HttpTransfer::take_header);
  set(CURLOPT_HEADERDATA, this);
  set(CURLOPT_WRITEFUNCTION, &HttpTransfer::take_body);
  set(CURLOPT_WRITEDATA, this);
  set(CURLOPT_PREREQFUNCTION, &HttpTransfer::before_request);
  set(CURLOPT_PREREQDATA, this);
  if (!options_->allow_private_addresses) {
    set(CURLOPT_OPENSOCKETFUNCTION, &HttpTransfer::open_socket);
    set(CURLOPT_OPENSOCKETDATA, this);
  }
  if (request_->is_post) {
    set(CURLOPT_POST, 1L);
    set(CURLOPT_POSTFIELDS, request_->body.c_str());
    set(CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request_->body.size()));
  }
  const auto add = [this](const char* line) {
    curl_slist* longer = curl_slist_append(headers_.get(), line);
    if (longer == nullptr) throw std::bad_alloc();
    static_cast<void>(headers_.release());
    headers_.reset(longer);
  };
  add("Expect:");  // no waiting for "100 Continue"
  for (const std::string& line : request_->headers) add(line.c_str());
  set(CURLOPT_HTTPHEADER, headers_.get());
}

void HttpTransfer::connect_only() {
  set(CURLOPT_CONNECT_ONLY, 1L);
}

void HttpTransfer::end(CURLcode code) {
  long status = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
  // One of a host's addresses may have been refused, and another one taken.
  if (begun_ > 0) answer_->is_forbidden_address = false;
  if (code == CURLE_OK) {
    answer_->kind = HttpAnswer::Kind::answered;
    answer_->status = status;
    return;
  }
  answer_->kind = begun_ == 0 ? HttpAnswer::Kind::not_sent : HttpAnswer::Kind::unknown;
  answer_->status = begun_ == 0 || status < 200 ? 0 : status;  // less than 200 is no answer yet
  answer_->error = sentence(code);
}

std::string HttpTransfer::sentence(CURLcode code) const {
  if (answer_->is_forbidden_address)
    return "the address is private or of this machine, which is not allowed";
  if (is_too_large_) return fmt::format("the answer has over {} bytes", options_->answer_bytes_max);
  if (code == CURLE_ABORTED_BY_CALLBACK || (begun_ > 0 && code == CURLE_COULDNT_CONNECT)) {
    return "the kept connection dropped after the request";
  }
  return error_[0] != '\0' ? error_.data() : curl_easy_strerror(code);
}

bool HttpTransfer::fits(std::size_t bytes) {
  answer_bytes_ += bytes;
  is_too_large_ = answer_bytes_ > options_->answer_bytes_max;
  return !is_too_large_;
}

std::size_t HttpTransfer::take_header(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<HttpTransfer*>(self);
  if (!transfer->fits(size * count)) return 0;
  const std::string_view line(data, size * count);
  if (begins_with(line, kRetryAfter)) {
    try {  // no exception through libcurl
      transfer->answer_->retry_after = trimmed(line.substr(kRetryAfter.size()));
    } catch (const std::bad_alloc&) {
      return 0;
    }
  }
  return size * count;
}

std::size_t HttpTransfer::take_body(char* data, std::size_t size, std::size_t count, void* self) {
  auto* transfer = static_cast<HttpTransfer*>(self);
  if (!transfer->fits(size * count)) return 0;
  try {  // no exception through libcurl
    transfer->answer_->body.append(data, size * count);
  } catch (const std::bad_alloc&) {
    return 0;  // libcurl ends the transfer: unknown
  }
  return size * count;
}

// Where a kept connection drops before an answer, libcurl sends the request again by itself: the
// peer may then have it twice.
int HttpTransfer::before_request(void* self, char*, char*, int, int) {
  auto* transfer = static_cast<HttpTransfer*>(self);
  ++transfer->begun_;
  return transfer->begun_ > 1 && !transfer->options_->may_repeat ? CURL_PREREQFUNC_ABORT
                                                                 : CURL_PREREQFUNC_OK;
}

curl_socket_t HttpTransfer::open_socket(void* self, curlsocktype, curl_sockaddr* address) {
  if (!is_public_address(address->addr)) {
    static_cast<HttpTransfer*>(self)->answer_->is_forbidden_address = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

}  // namespace pw_plugin
