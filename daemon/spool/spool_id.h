#pragma once

#include <string>

namespace packwarden {

// The id of a spool, 32 hex digits, kept in `.id` of its folder: by it a restart on the same spool
// is known (S41). Made where there is none; and where the folder is a copy of another, which
// brought the other's id along: the file knows its own inode. `root` is the open folder, whose lock
// the caller holds. Throws SpoolUnavailable.
std::string spool_id(int root);

}  // namespace packwarden
