#include "spool/spool_watch.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace packwarden {

SpoolWatch::SpoolWatch(const std::string& directory)
    : fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  const std::string incoming = directory + "/incoming";
  if (!fd_.is_open() || inotify_add_watch(fd_.get(), incoming.c_str(),
                                          IN_MOVED_TO | IN_CLOSE_WRITE | IN_ONLYDIR) < 0) {
    fail_with("cannot watch " + incoming, errno);
  }
}

bool SpoolWatch::drain() {
  alignas(inotify_event) std::array<char, 16 * 1024> events;
  bool told = false;
  for (;;) {
    const ssize_t got = read(fd_.get(), events.data(), events.size());
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) return told;
    told = true;
  }
}

}  // namespace packwarden
