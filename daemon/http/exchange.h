#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "http/bearer_tokens.h"
#include "http/http_tally.h"
#include "http/http_time.h"
#include "http/request_reader.h"
#include "http/router.h"

namespace packwarden {

// What the connections of a server share. One thread at a time.
struct HttpSite {
  Router router;
  BearerTokens tokens;
  HttpTally& tally;
  std::function<Instant()> now;
  HttpDate date;
  bool is_stopping = false;
};

// The requests of one connection and their answers, without the connection itself. Once warm it
// allocates nothing. One thread at a time.
class Exchange {
 public:
  // `site` must outlive this.
  explicit Exchange(HttpSite& site) : site_(site) {}

  struct Progress {
    std::size_t used_bytes = 0;  // of the input
    bool close = false;          // after the output is sent
  };
  // Appends the answers to the whole requests at the start of `input` to `output`, in their order,
  // until it holds 64 KiB.
  Progress answer(std::string_view input, std::string& output);
  // The answer to a client whose head does not come.
  void answer_too_slow(std::string& output);

 private:
  Answer answer_one(ReadResult result, Instant now);
  Answer answer_request(Instant now);
  void append(std::string& output, const Answer& answer, Instant now, bool says_keep_alive);

  HttpSite& site_;
  HttpRequest request_;
  PresentedToken token_;
  std::string body_;
};

}  // namespace packwarden
