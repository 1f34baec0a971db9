#include "app/alive_socket.h"

#include <gtest/gtest.h>
#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <memory>

namespace packwarden {
namespace {

// A child that says several things and ends: all of that is seen at once.
TEST(AliveSocket, tells_nothing_more_once_it_is_gone) {
  boost::asio::io_context io;
  int heard = 0;
  auto alive = std::make_unique<AliveSocket>(io, [&] { ++heard; });
  setenv("NOTIFY_SOCKET", alive->address().c_str(), 1);
  ASSERT_GT(sd_notify(0, "STOPPING=1"), 0);
  ASSERT_GT(sd_notify(0, "STATUS=stopping"), 0);
  unsetenv("NOTIFY_SOCKET");
  io.run_one();
  EXPECT_EQ(heard, 1);
  alive.reset();
  io.poll();
  EXPECT_EQ(heard, 1);
}

}  // namespace
}  // namespace packwarden
