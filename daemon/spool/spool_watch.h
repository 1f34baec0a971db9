#pragma once

#include <string>

#include "spool/files.h"

namespace packwarden {

// Tells that something may have come to incoming/. A mere hint: it can tell of nothing, and it can
// miss something (many events at once, a folder that was made anew, a network file system), so
// incoming/ must also be scanned now and then. Not thread-safe.
class SpoolWatch {
 public:
  // `directory` is the spool's, with an incoming/ in it. Throws SpoolUnavailable where the system
  // gives no watch; who catches that can go on with scans alone.
  explicit SpoolWatch(const std::string& directory);

  // Becomes readable when a file was renamed into incoming/ or written there; for poll or an event
  // loop. Belongs to this object.
  int fd() const { return fd_.get(); }

  // Takes all that has been told so far, without waiting. False where there was nothing.
  bool drain();

 private:
  Fd fd_;
};

}  // namespace packwarden
