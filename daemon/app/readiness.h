#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <string>

#include "app/metric_list.h"
#include "domain/instant.h"
#include "http/operator_port.h"

namespace packwarden {

// Whether this process serves, as its loops say it, and if not, why not (docs/METRICS.md). Any
// thread.
class Readiness {
 public:
  // `behind_wait`: how long the database may be older than what was seen of it.
  explicit Readiness(std::chrono::seconds database_max_age,
                     std::chrono::seconds behind_wait = std::chrono::seconds(60));

  void books_are_loaded();
  // All that the ledger held at `as_of` is known: the database was reached now.
  void entitlements_are_as_of(Instant as_of);
  void database_fails(const std::string& why);
  void spool_works();
  void spool_fails(const std::string& why);
  void spool_is_held(bool held);
  // This host does nothing while its clock is wrong; empty: the clocks agree.
  void clocks_differ(const std::string& how);
  // The database is older than what was seen of it. Gives whether it has been so for too long.
  bool ledger_is_behind(const std::string& how);
  void ledger_goes_on();
  void stopping();

  OperatorPort::Standing standing() const;
  void collect(MetricList& out, Instant now) const;

 private:
  using Time = std::chrono::steady_clock::time_point;
  bool is_loading() const { return !books_loaded_ || !reached_at_; }
  bool is_database_away(Time at) const;

  bool is_behind_for_long(Time at) const;

  const std::chrono::seconds database_max_age_;
  const std::chrono::seconds behind_wait_;
  mutable std::mutex mutex_;
  bool books_loaded_ = false;
  std::optional<Time> reached_at_;
  Instant as_of_;
  std::string database_fault_;  // the last one; empty since it was reached
  std::string spool_fault_;     // empty: it works
  std::string clock_fault_;     // empty: the clocks agree
  std::string behind_fault_;
  std::optional<Time> behind_since_;  // none: it is not
  bool held_ = false;
  bool stopping_ = false;
};

}  // namespace packwarden
