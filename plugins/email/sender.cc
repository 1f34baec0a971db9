#include "sender.h"

#include <algorithm>
#include <cstdio>
#include <deque>
#include <new>
#include <stdexcept>
#include <utility>

#include "address.h"

namespace email {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kReserve{200};  // of a call, to be back in time
constexpr milliseconds kMailMinMax{5'000};
constexpr milliseconds kCheckLimit{10'000};

void require(CURLMcode code) {
  if (code == CURLM_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLM_OK) throw std::runtime_error(curl_multi_strerror(code));
}

void fill_in(pw_result& result, const Verdict& verdict) {
  result.outcome = verdict.outcome;
  const bool is_accepted = verdict.outcome == PW_OUTCOME_ACCEPTED;
  std::snprintf(is_accepted ? result.provider_id : result.reason,
                is_accepted ? sizeof result.provider_id : sizeof result.reason, "%s",
                verdict.reason.c_str());
}

}  // namespace

// One call of deliver.
class Sender::Call {
 public:
  Call(Sender& sender, std::span<const pw_message* const> messages,
       std::span<pw_result* const> results, milliseconds limit)
      : sender_(sender),
        messages_(messages),
        results_(results),
        end_(steady_clock::now() + std::max(limit - kReserve, limit / 2)),
        mail_min_(std::min(limit / 4, kMailMinMax)) {
    running_.reserve(sender_.transactions_.size());  // nothing may fail once a mail is under way
  }

  ~Call() {  // at an exception some are under way: libcurl lets them go with their connections
    for (const Running& running : running_) {
      curl_multi_remove_handle(sender_.connections_.get(), running.transaction->handle());
    }
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  void run() {
    for (auto& transaction : sender_.transactions_) free_.push_back(transaction.get());
    queue_all();
    for (;;) {
      begin_more();
      if (running_.empty()) break;
      int under_way = 0;
      require(curl_multi_perform(sender_.connections_.get(), &under_way));
      if (finish_some()) continue;
      require(curl_multi_poll(sender_.connections_.get(), nullptr, 0, 1'000, nullptr));
    }
  }

 private:
  struct Waiting {
    std::size_t index;
    bool is_second_try;
  };
  struct Running {
    Transaction* transaction;
    Waiting mail;
  };

  void queue_all() {
    for (std::size_t i = 0; i < messages_.size(); ++i) {
      const std::string fault = fault_of_address(messages_[i]->recipient);
      if (fault.empty()) {
        waiting_.push_back({i, false});
      } else {
        fill_in(*results_[i], {PW_OUTCOME_REJECTED, "the address " + fault});
      }
    }
  }

  milliseconds left() const {
    return std::chrono::duration_cast<milliseconds>(end_ - steady_clock::now());
  }

  // Until one connection is known to work there is only one: a wrong password is tried once a call,
  // not once a connection.
  void begin_more() {
    while (!waiting_.empty() && !free_.empty() && (sender_.is_proven_ || running_.empty())) {
      if (left() < mail_min_) {
        give_up_waiting({PW_OUTCOME_RETRY, "not begun: the time of the call was over"});
        return;
      }
      begin(waiting_.front());
    }
  }

  void begin(Waiting mail) {
    const pw_message& message = *messages_[mail.index];
    Transaction& transaction = *free_.back();
    transaction.begin(message.recipient,
                      build_mail(message, sender_.config_.identity, std::time(nullptr)), left());
    require(curl_multi_add_handle(sender_.connections_.get(), transaction.handle()));
    running_.push_back({&transaction, mail});
    free_.pop_back();
    waiting_.pop_front();
  }

  bool finish_some() {
    bool finished_some = false;
    int left_over = 0;
    while (const CURLMsg* done = curl_multi_info_read(sender_.connections_.get(), &left_over)) {
      if (done->msg != CURLMSG_DONE) continue;
      finish(done->easy_handle, done->data.result);
      finished_some = true;
    }
    return finished_some;
  }

  void finish(CURL* handle, CURLcode code) {
    const auto found = std::find_if(running_.begin(), running_.end(), [&](const Running& running) {
      return running.transaction->handle() == handle;
    });
    const Running running = *found;
    running_.erase(found);
    require(curl_multi_remove_handle(sender_.connections_.get(), handle));
    decide(running, running.transaction->end(code));
  }

  void decide(const Running& running, const Exchange& exchange) {
    const Verdict verdict = sort_answer(exchange);
    sender_.is_proven_ = !failed_for_all(exchange);
    if (is_of_kept_connection(running, exchange)) {
      waiting_.push_front({running.mail.index, true});
      free_.push_back(running.transaction);
      return;
    }
    if (!failed_for_all(exchange)) {
      fill_in(*results_[running.mail.index], verdict);
      free_.push_back(running.transaction);
      return;
    }
    // This handle rests until the next call: fewer connections may be what the server wants.
    waiting_.push_front(running.mail);
    if (running_.empty()) give_up_waiting(verdict);
  }

  // The server had closed it in the meantime; nothing of the mail was taken.
  static bool is_of_kept_connection(const Running& running, const Exchange& exchange) {
    const bool was_closed = exchange.reply == 0 || exchange.reply == 421;
    return exchange.curl_code != CURLE_OK && exchange.curl_code != CURLE_OPERATION_TIMEDOUT &&
           exchange.stage < Stage::body && was_closed && !running.mail.is_second_try &&
           running.transaction->used_kept_connection();
  }

  void give_up_waiting(const Verdict& verdict) {
    for (const Waiting& mail : waiting_) fill_in(*results_[mail.index], verdict);
    waiting_.clear();
  }

  Sender& sender_;
  std::span<const pw_message* const> messages_;
  std::span<pw_result* const> results_;
  steady_clock::time_point end_;
  milliseconds mail_min_;  // with less left no mail is begun: it would end as unknown
  std::deque<Waiting> waiting_;
  std::vector<Running> running_;
  std::vector<Transaction*> free_;
};

Sender::Sender(Config config)
    : config_(std::move(config)), connections_(curl_multi_init(), &curl_multi_cleanup) {
  if (connections_ == nullptr) throw std::bad_alloc();
  const auto connections_max = static_cast<long>(config_.connections_max);
  require(curl_multi_setopt(connections_.get(), CURLMOPT_MAXCONNECTS, connections_max));
  for (std::uint32_t i = 0; i < config_.connections_max; ++i) {
    transactions_.push_back(std::make_unique<Transaction>(config_));
  }
}

Sender::~Sender() = default;

void Sender::deliver(std::span<const pw_message* const> messages,
                     std::span<pw_result* const> results, milliseconds limit) {
  Call(*this, messages, results, limit).run();
}

std::string Sender::check() {
  Transaction transaction(config_);
  transaction.begin_check(kCheckLimit);
  const Exchange exchange = transaction.end(curl_easy_perform(transaction.handle()));
  if (exchange.curl_code == CURLE_OK) return "";
  return "mail server " + config_.host + ":" + std::to_string(config_.port) + ": " +
         sort_answer(exchange).reason;
}

}  // namespace email
