#include "transaction.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <new>
#include <stdexcept>
#include <utility>

namespace email {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kConnectLimit{10'000};
constexpr std::size_t kWordsBytesMax = 200;

Stage stage_of(std::string_view command, Stage before) {
  constexpr std::array<std::pair<std::string_view, Stage>, 7> verbs = {{{"EHLO", Stage::hello},
                                                                        {"HELO", Stage::hello},
                                                                        {"STARTTLS", Stage::hello},
                                                                        {"AUTH", Stage::auth},
                                                                        {"MAIL", Stage::mail},
                                                                        {"RCPT", Stage::recipient},
                                                                        {"DATA", Stage::data}}};
  for (const auto& [verb, stage] : verbs) {
    if (command.starts_with(verb)) return stage;
  }
  return before;  // the later lines of a log-in
}

std::string_view without_line_end(std::string_view line) {
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

template <typename Value>
void Transaction::set(CURLoption option, Value value) {
  const CURLcode code = curl_easy_setopt(handle_.get(), option, value);
  if (code == CURLE_OUT_OF_MEMORY) throw std::bad_alloc();
  if (code != CURLE_OK) {
    throw std::runtime_error(std::string("this libcurl cannot do what is set: ") +
                             curl_easy_strerror(code));
  }
}

Transaction::Transaction(const Config& config)
    : error_(CURL_ERROR_SIZE, '\0'), handle_(curl_easy_init(), &curl_easy_cleanup) {
  if (handle_ == nullptr) throw std::bad_alloc();
  set(CURLOPT_URL, url_of(config).c_str());
  set(CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  set(CURLOPT_PROXY, "");  // none from the environment
  set(CURLOPT_NOSIGNAL, 1L);
  set(CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(kConnectLimit.count()));
  if (config.security != Security::none) {
    set(CURLOPT_USE_SSL, static_cast<long>(CURLUSESSL_ALL));
    set(CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
    set(CURLOPT_SSL_VERIFYPEER, config.verify ? 1L : 0L);
    set(CURLOPT_SSL_VERIFYHOST, config.verify ? 2L : 0L);
    if (!config.ca_file.empty()) set(CURLOPT_CAINFO, config.ca_file.c_str());
  }
  if (!config.username.empty()) {
    set(CURLOPT_USERNAME, config.username.c_str());
    set(CURLOPT_PASSWORD, config.password.c_str());
  }
  set(CURLOPT_MAIL_FROM, ("<" + config.identity.from + ">").c_str());
  set(CURLOPT_READFUNCTION, &Transaction::read);
  set(CURLOPT_READDATA, static_cast<void*>(this));
  set(CURLOPT_WRITEFUNCTION, &Transaction::discard);
  set(CURLOPT_DEBUGFUNCTION, &Transaction::watch);
  set(CURLOPT_DEBUGDATA, static_cast<void*>(this));
  set(CURLOPT_VERBOSE, 1L);  // to the function above alone
  set(CURLOPT_ERRORBUFFER, error_.data());
}

void Transaction::begin(const std::string& recipient, std::string mail, milliseconds limit) {
  curl_slist* recipients = curl_slist_append(nullptr, ("<" + recipient + ">").c_str());
  if (recipients == nullptr) throw std::bad_alloc();
  set(CURLOPT_MAIL_RCPT, recipients);
  recipients_.reset(recipients);
  mail_ = std::move(mail);
  given_bytes_ = 0;
  set(CURLOPT_UPLOAD, 1L);
  set(CURLOPT_INFILESIZE_LARGE, static_cast<curl_off_t>(mail_.size()));
  start(limit);
}

void Transaction::begin_check(milliseconds limit) {
  set(CURLOPT_CUSTOMREQUEST, "NOOP");
  start(limit);
}

void Transaction::start(milliseconds limit) {
  set(CURLOPT_TIMEOUT_MS, static_cast<long>(std::max(limit, milliseconds(1)).count()));
  exchange_ = {};
  has_said_quit_ = false;
  std::fill(error_.begin(), error_.end(), '\0');
}

Exchange Transaction::end(CURLcode code) {
  exchange_.curl_code = code;
  if (exchange_.reply < 400 && code != CURLE_OK) {  // the fault is not what the server said
    exchange_.words =
        error_.front() == '\0' ? curl_easy_strerror(code) : std::string(error_.c_str());
  }
  return exchange_;
}

bool Transaction::used_kept_connection() const {
  long connects = 0;
  curl_easy_getinfo(handle_.get(), CURLINFO_NUM_CONNECTS, &connects);
  return connects == 0;
}

void Transaction::enter(Stage stage) {
  exchange_.stage = stage;
  exchange_.reply = 0;
  exchange_.words.clear();
}

std::size_t Transaction::read(char* buffer, std::size_t size, std::size_t count, void* self) {
  auto& transaction = *static_cast<Transaction*>(self);
  const std::size_t bytes =
      std::min(size * count, transaction.mail_.size() - transaction.given_bytes_);
  std::memcpy(buffer, transaction.mail_.data() + transaction.given_bytes_, bytes);
  transaction.given_bytes_ += bytes;
  // libcurl ends the mail by itself once it has as many bytes as it was promised.
  transaction.enter(transaction.given_bytes_ == transaction.mail_.size() ? Stage::end
                                                                         : Stage::body);
  return bytes;
}

std::size_t Transaction::discard(char*, std::size_t size, std::size_t count, void*) {
  return size * count;
}

int Transaction::watch(CURL*, curl_infotype type, char* text, std::size_t bytes, void* self) {
  auto& transaction = *static_cast<Transaction*>(self);
  try {
    if (type == CURLINFO_HEADER_OUT) transaction.hear_command({text, bytes});
    if (type == CURLINFO_HEADER_IN) transaction.hear_reply({text, bytes});
  } catch (...) {  // out of memory: the words are lost, the stage and the reply are not
  }
  return 0;
}

void Transaction::hear_command(std::string_view command) {
  if (command.starts_with("QUIT")) has_said_quit_ = true;
  if (!has_said_quit_ && exchange_.stage < Stage::body) enter(stage_of(command, exchange_.stage));
}

void Transaction::hear_reply(std::string_view line) {
  if (has_said_quit_) return;
  line = without_line_end(line);
  const auto is_digit = [](char letter) { return letter >= '0' && letter <= '9'; };
  if (line.size() < 3 || !std::all_of(line.begin(), line.begin() + 3, is_digit)) return;
  exchange_.reply = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  exchange_.words = line.substr(0, kWordsBytesMax);
}

}  // namespace email
