#include "app/service_manager.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <string>

#include "support/folder.h"

namespace packwarden {
namespace {

// What systemd would get.
class Manager : public testing::Test {
 protected:
  void SetUp() override {
    const std::string path = folder / "notify";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    ASSERT_LT(path.size(), sizeof address.sun_path);
    std::memcpy(address.sun_path, path.c_str(), path.size());
    fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    ASSERT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);
  }
  void TearDown() override {
    unsetenv("NOTIFY_SOCKET");
    close(fd);
  }
  std::string told() const {
    std::string message(4'096, '\0');
    const ssize_t got = recv(fd, message.data(), message.size(), 0);
    return got < 0 ? "(nothing)" : message.substr(0, static_cast<std::size_t>(got));
  }

  test::Folder folder;
  int fd = -1;
  ServiceManager manager;
};

// systemd throws a status away that is no UTF-8; a reason that was cut in a character is none.
TEST_F(Manager, is_told_a_status_of_one_line_of_utf_8_whatever_it_holds) {
  manager.status("held: \xE7\xBB\xB4\xE6\nREADY=1");
  EXPECT_EQ(told(), "STATUS=held: \xE7\xBB\xB4\\xe6\\x0aREADY=1");
  manager.status("held: \xE7\xBB\xB4\xE6\nREADY=1");
  EXPECT_EQ(told(), "(nothing)") << "it is the same";
}

}  // namespace
}  // namespace packwarden
