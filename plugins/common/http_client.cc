#include "http_client.h"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <list>
#include <map>
#include <stdexcept>

#include "http_transfer.h"

namespace pw_plugin {
namespace {

using Clock = HttpClient::Clock;
using std::chrono::duration_cast;
using std::chrono::milliseconds;

constexpr milliseconds kLeastTime{20};  // with less left nothing is begun
constexpr milliseconds kPollTimeMax{500};
constexpr long kReachTimeMaxMs = 20'000;   // less than a host waits for a check
constexpr std::size_t kUnansweredMax = 8;  // in a row; then a lane is left for the next call

struct Lane {
  std::size_t active = 0;
  std::size_t unanswered = 0;  // in a row
};

struct MultiCloser {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

void check(CURLMcode code) {
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

// One call of HttpClient::send.
class Round {
 public:
  Round(const HttpOptions& options, CURLM* multi, std::span<const HttpRequest> requests,
        std::span<HttpAnswer> answers, Clock::time_point deadline)
      : options_(options),
        multi_(multi),
        requests_(requests),
        answers_(answers),
        deadline_(deadline) {
    for (std::size_t i = 0; i < requests.size(); ++i) waiting_.push_back(i);
  }

  ~Round() {  // also where an exception ends the round
    for (const auto& transfer : active_) curl_multi_remove_handle(multi_, transfer.handle());
  }

  void run() {
    for (begin_what_fits(); !active_.empty(); begin_what_fits()) {
      int running = 0;
      check(curl_multi_perform(multi_, &running));
      if (end_what_is_done()) continue;
      if (left() <= milliseconds(0)) {
        while (!active_.empty()) end(active_.begin(), CURLE_OPERATION_TIMEDOUT);
        continue;
      }
      check(curl_multi_poll(multi_, nullptr, 0,
                            static_cast<int>(std::min(left(), kPollTimeMax).count()), nullptr));
    }
  }

 private:
  using Active = std::list<HttpTransfer>;  // libcurl points to each

  milliseconds left() const { return duration_cast<milliseconds>(deadline_ - Clock::now()); }

  void begin_what_fits() {
    while (!waiting_.empty() && active_.size() < options_.concurrency_max) {
      if (left() < kLeastTime) {
        for (const std::size_t index : waiting_) answers_[index].error = "not begun in time";
        waiting_.clear();
        return;
      }
      const auto next = fairest();
      const std::size_t index = *next;
      waiting_.erase(next);
      if (lanes_[requests_[index].lane].unanswered < kUnansweredMax) {
        begin(index);
      } else {
        answers_[index].error = "not begun: nothing was answered there any more";
      }
    }
  }

  // The first one that waits in a lane with fewest requests on their way.
  std::list<std::size_t>::iterator fairest() {
    return std::min_element(waiting_.begin(), waiting_.end(), [this](std::size_t a, std::size_t b) {
      return lanes_[requests_[a].lane].active < lanes_[requests_[b].lane].active;
    });
  }

  void begin(std::size_t index) {
    const auto timeout = std::min<milliseconds>(milliseconds(options_.request_timeout_ms), left());
    active_.emplace_back(options_, requests_[index], answers_[index],
                         static_cast<long>(timeout.count()));
    const CURLMcode added = curl_multi_add_handle(multi_, active_.back().handle());
    if (added != CURLM_OK) {
      active_.pop_back();
      check(added);
    }
    ++lanes_[requests_[index].lane].active;
  }

  bool end_what_is_done() {
    bool any = false;
    int left_over = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi_, &left_over)) {
      if (message->msg != CURLMSG_DONE) continue;
      const CURLcode code = message->data.result;
      const CURL* handle = message->easy_handle;
      end(std::find_if(active_.begin(), active_.end(),
                       [handle](const auto& transfer) { return transfer.handle() == handle; }),
          code);
      any = true;
    }
    return any;
  }

  void end(Active::iterator transfer, CURLcode code) {
    transfer->end(code);
    Lane& lane = lanes_[transfer->lane()];
    --lane.active;
    lane.unanswered = transfer->is_answered() ? 0 : lane.unanswered + 1;
    curl_multi_remove_handle(multi_, transfer->handle());
    active_.erase(transfer);
  }

  const HttpOptions& options_;
  CURLM* multi_;
  std::span<const HttpRequest> requests_;
  std::span<HttpAnswer> answers_;
  Clock::time_point deadline_;
  std::list<std::size_t> waiting_;
  Active active_;
  std::map<std::string, Lane> lanes_;
};

}  // namespace

class HttpClient::Impl {
 public:
  explicit Impl(HttpOptions options) : options_(std::move(options)) {
    if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
      throw std::runtime_error("libcurl cannot be set up");
    }
    multi_.reset(curl_multi_init());
    if (multi_ == nullptr) throw std::runtime_error("libcurl cannot be set up");
    check(curl_multi_setopt(multi_.get(), CURLMOPT_MAXCONNECTS,
                            static_cast<long>(options_.concurrency_max * 4)));
  }

  std::vector<HttpAnswer> send(std::span<const HttpRequest> requests, Clock::time_point deadline) {
    std::vector<HttpAnswer> answers(requests.size());
    Round(options_, multi_.get(), requests, answers, deadline).run();
    return answers;
  }

  std::string reach(const std::string& url) {
    HttpRequest request;
    request.url = url;
    HttpAnswer answer;
    HttpTransfer transfer(
        options_, request, answer,
        std::min(static_cast<long>(options_.request_timeout_ms), kReachTimeMaxMs));
    transfer.connect_only();
    transfer.end(curl_easy_perform(transfer.handle()));
    return answer.error;
  }

 private:
  HttpOptions options_;
  std::unique_ptr<CURLM, MultiCloser> multi_;
};

HttpClient::HttpClient(HttpOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
HttpClient::~HttpClient() = default;

std::vector<HttpAnswer> HttpClient::send(std::span<const HttpRequest> requests,
                                         Clock::time_point deadline) {
  return impl_->send(requests, deadline);
}

std::string HttpClient::reach(const std::string& url) {
  return impl_->reach(url);
}

}  // namespace pw_plugin
