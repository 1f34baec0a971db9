#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace sms {

// An HTTP port for a provider's delivery reports, on a thread of its own from the constructor to
// the destructor. Takes GET alone; connections, header size and time are limited.
class ReportListener {
 public:
  // Answers a request for `target` (path and query) with an HTTP status. On the listener's thread.
  using Handler = std::function<unsigned(std::string_view target)>;

  // `address`: IP and port, such as 127.0.0.1:8480, [::1]:8480, port 0 for any that is free.
  // Throws std::runtime_error with a sentence where it is no address or cannot be taken.
  ReportListener(const std::string& address, Handler handler);
  ~ReportListener();
  ReportListener(const ReportListener&) = delete;
  ReportListener& operator=(const ReportListener&) = delete;

  std::string address() const;  // with the port that was taken

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

// Whether `address` has an IP of this machine's loopback. Pure.
bool is_loopback_address(const std::string& address);

}  // namespace sms
