#include "app/service_manager.h"

#include <fmt/format.h>
#include <systemd/sd-daemon.h>
#include <time.h>

#include <algorithm>

#include "logging/shown_text.h"

namespace packwarden {
namespace {

constexpr std::size_t status_bytes_max = 2'000;

// Nobody to be told, or one who does not listen: neither is a reason to do anything else.
void tell(const std::string& message) {
  sd_notify(0, message.c_str());
}

// Of CLOCK_MONOTONIC itself, as systemd compares it with its own.
std::uint64_t monotonic_micros() {
  timespec at{};
  clock_gettime(CLOCK_MONOTONIC, &at);
  return static_cast<std::uint64_t>(at.tv_sec) * 1'000'000 +
         static_cast<std::uint64_t>(at.tv_nsec) / 1'000;
}

}  // namespace

void ServiceManager::ready() {
  const std::lock_guard lock(mutex_);
  ready_ = true;
  if (!stopping_) tell("READY=1");
}

bool ServiceManager::is_ready() const {
  const std::lock_guard lock(mutex_);
  return ready_;
}

void ServiceManager::extend_start(std::chrono::microseconds more) {
  tell(fmt::format("EXTEND_TIMEOUT_USEC={}", more.count()));
}

void ServiceManager::status(const std::string& line) {
  const std::lock_guard lock(mutex_);
  if (line == status_) return;
  status_ = line;
  // A line break would begin another message, and one that is no UTF-8 is thrown away whole.
  tell("STATUS=" + shown_text(line, status_bytes_max));
}

void ServiceManager::alive() {
  tell("WATCHDOG=1");
}

void ServiceManager::may_be_silent(std::chrono::microseconds at_most) {
  const auto of_unit = watchdog();
  if (of_unit) tell(fmt::format("WATCHDOG_USEC={}", std::max(*of_unit, at_most).count()));
}

void ServiceManager::reloading() {
  tell(fmt::format("RELOADING=1\nMONOTONIC_USEC={}", monotonic_micros()));
}

void ServiceManager::reloaded() {
  const std::lock_guard lock(mutex_);
  if (!stopping_) tell("READY=1");
}

void ServiceManager::stopping() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  tell("STOPPING=1");
}

std::optional<std::chrono::microseconds> ServiceManager::watchdog() {
  std::uint64_t micros = 0;
  if (sd_watchdog_enabled(0, &micros) <= 0) return std::nullopt;
  return std::chrono::microseconds(micros);
}

}  // namespace packwarden
