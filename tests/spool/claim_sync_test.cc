#include <sys/syscall.h>

#include <cerrno>
#include <functional>

#include "spool/spool_files.h"

namespace {

// Called with the path of whatever is synced; gives an error number, or 0 to let it be synced.
std::function<int(const std::string&)> on_fsync;

}  // namespace

// In place of the C library's, for the whole of this program.
extern "C" int fsync(int fd) {
  if (on_fsync) {
    const int error =
        on_fsync(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
    if (error != 0) {
      errno = error;
      return -1;
    }
  }
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace packwarden::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ClaimSync : public SpoolTest {
 protected:
  ~ClaimSync() override { on_fsync = nullptr; }

  // What is in work/ at each instant at which work/ is synced.
  void watch_work() {
    on_fsync = [this](const std::string& path) {
      if (path == fs::canonical(root / "work")) on_disk.push_back(names_in(path));
      return error;
    };
  }

  std::vector<std::vector<std::string>> on_disk;
  int error = 0;
};

// Else a loss of power brings a file back to incoming/ of which the ledger has units already, under
// another arrival.
TEST_F(ClaimSync, U6_U8_claims_are_on_disk_before_they_are_given_out) {
  SpoolDirectory& spool = start();
  for (const char* name : {"a.csv", "b.csv", "c.csv"}) drop(name);
  watch_work();
  ASSERT_EQ(spool.claim(2, now).size(), 2U);
  ASSERT_THAT(on_disk, ::testing::SizeIs(1));
  EXPECT_EQ(on_disk.back(), names_in(root / "work"));
  ASSERT_EQ(spool.claim(2, now).size(), 1U);
  ASSERT_THAT(on_disk, ::testing::SizeIs(2));
  EXPECT_EQ(on_disk.back(), names_in(root / "work"));
  EXPECT_THAT(spool.claim(2, now), IsEmpty());
  EXPECT_THAT(on_disk, ::testing::SizeIs(2)) << "nothing was claimed, so nothing is synced";
}

TEST_F(ClaimSync, U6_U8_a_claim_that_could_not_be_synced_is_given_out_once_it_is) {
  SpoolDirectory& spool = start();
  drop("a.csv");
  watch_work();
  error = EIO;
  EXPECT_THROW(spool.claim(10, now), SpoolUnavailable);
  drop("b.csv");
  error = 0;
  EXPECT_THAT(names_of(spool.claim(10, now)), ElementsAre("a.csv", "b.csv"));
  EXPECT_EQ(on_disk.back(), names_in(root / "work"));
}

}  // namespace
}  // namespace packwarden::testing
