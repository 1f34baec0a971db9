#include "domain/notice.h"

namespace packwarden {

std::string_view name_of(NoticeKind kind) {
  return kind == NoticeKind::pack_usage ? "pack_usage" : "pack_used_up";
}

}  // namespace packwarden
