#pragma once

#include <curl/curl.h>

#include <chrono>
#include <memory>
#include <string>

#include "answer.h"
#include "config.h"

namespace email {

// One SMTP transaction at a time: a libcurl handle that is used again for one mail after the other,
// and watches what is said, as libcurl's own result does not tell how far it came.
class Transaction {
 public:
  // Throws std::bad_alloc or std::runtime_error if libcurl cannot do what `config` wants.
  explicit Transaction(const Config& config);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;

  // Makes it ready to give `mail` to `recipient`, which has no fault.
  void begin(const std::string& recipient, std::string mail, std::chrono::milliseconds limit);

  // Makes it ready to greet the server and log in, without a mail.
  void begin_check(std::chrono::milliseconds limit);

  // After libcurl is done with it.
  Exchange end(CURLcode code);

  // Whether it ran over a connection that was there before.
  bool used_kept_connection() const;

  CURL* handle() const { return handle_.get(); }

 private:
  static std::size_t read(char* buffer, std::size_t size, std::size_t count, void* self);
  static std::size_t discard(char* bytes, std::size_t size, std::size_t count, void*);
  static int watch(CURL*, curl_infotype type, char* text, std::size_t bytes, void* self);
  void start(std::chrono::milliseconds limit);
  void enter(Stage stage);
  void hear_command(std::string_view command);
  void hear_reply(std::string_view line);
  template <typename Value>
  void set(CURLoption option, Value value);

  std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients_{nullptr,
                                                                          &curl_slist_free_all};
  std::string mail_;
  std::size_t given_bytes_ = 0;
  Exchange exchange_;
  bool has_said_quit_ = false;  // what comes after is not about the mail
  std::string error_;           // libcurl's own words; CURL_ERROR_SIZE bytes
  std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> handle_;  // last, as it uses all others
};

}  // namespace email
