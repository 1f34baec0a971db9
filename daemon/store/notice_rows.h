#pragma once

#include <span>

#include "store/session.h"
#include "usecases/ledger_port.h"

namespace packwarden {

// N5: notices with their outbox rows, as transaction `sequence`, created at `now`.
void write_notices(Session& session, Sequence sequence, std::span<const NoticeWrite> notices,
                   Instant now);

// N3: that these kinds were off in transaction `sequence`.
void write_off_kinds(Session& session, Sequence sequence, std::span<const NoticeKind> kinds);

}  // namespace packwarden
