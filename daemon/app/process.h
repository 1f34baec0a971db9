#pragma once

#include <functional>
#include <stop_token>

namespace packwarden {

// Exit statuses of packwardend.
inline constexpr int status_failed = 1;
inline constexpr int status_unavailable = 3;

// Runs `work` on a thread of its own until SIGTERM or SIGINT, or until it ends by itself. What it
// throws comes out here. `inotify_fd` (or -1): `on_hint` is called when it has something to tell.
void run_until_signalled(const std::function<void(std::stop_token)>& work, int inotify_fd = -1,
                         const std::function<void()>& on_hint = {});

// Maps a broken environment to an exit status, with a line that says what to do.
int guarded(const std::function<void()>& run);

}  // namespace packwarden
