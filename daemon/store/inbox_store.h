#pragma once

#include "store/session.h"
#include "usecases/inbox_port.h"

namespace packwarden {

// Over a session of its own, which is opened when it is needed.
class MysqlInbox final : public Inbox {
 public:
  explicit MysqlInbox(DatabaseAddress address);

  std::vector<InboxEntry> entries(const std::string& account, const InboxFilter& filter) override;
  InboxCounts counts(const std::string& account) override;
  std::uint64_t mark(const std::string& account, const std::vector<std::uint64_t>& ids,
                     InboxMark mark) override;

 private:
  Session session_;
};

}  // namespace packwarden
