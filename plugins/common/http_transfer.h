#pragma once

#include <curl/curl.h>

#include <array>
#include <memory>
#include <string>

#include "http_client.h"

namespace pw_plugin {

// One request on its way, with the handle of libcurl that makes it. Not movable: libcurl points to
// it.
class HttpTransfer {
 public:
  // `options`, `request` and `answer` outlive this.
  HttpTransfer(const HttpOptions& options, const HttpRequest& request, HttpAnswer& answer,
               long timeout_ms);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  CURL* handle() const { return easy_.get(); }
  const std::string& lane() const { return request_->lane; }
  bool is_answered() const { return answer_->kind == HttpAnswer::Kind::answered; }

  // Fills the answer in. `code` is what libcurl ended with.
  void end(CURLcode code);

  // Makes the handle connect alone (see HttpClient::reach).
  void connect_only();

 private:
  static std::size_t take_header(char* data, std::size_t size, std::size_t count, void* self);
  static std::size_t take_body(char* data, std::size_t size, std::size_t count, void* self);
  static int before_request(void* self, char*, char*, int, int);
  static curl_socket_t open_socket(void* self, curlsocktype purpose, curl_sockaddr* address);
  template <typename Value>
  void set(CURLoption option, Value value);
  void set_up(long timeout_ms);
  bool fits(std::size_t bytes);
  std::string sentence(CURLcode code) const;

  struct EasyCloser {
    void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
  };
  struct ListCloser {
    void operator()(curl_slist* list) const { curl_slist_free_all(list); }
  };

  const HttpOptions* options_;
  const HttpRequest* request_;
  HttpAnswer* answer_;
  std::array<char, CURL_ERROR_SIZE> error_{};
  std::unique_ptr<curl_slist, ListCloser> headers_;
  std::size_t answer_bytes_ = 0;
  unsigned begun_ = 0;  // how often libcurl began to write the request
  bool is_too_large_ = false;
  std::unique_ptr<CURL, EasyCloser> easy_;  // ends first: it points to the others
};

}  // namespace pw_plugin
