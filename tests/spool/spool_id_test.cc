#include "spool/spool_id.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "spool/files.h"
#include "support/folder.h"

namespace packwarden {
namespace {

using ::testing::MatchesRegex;

class SpoolId : public ::testing::Test {
 protected:
  static std::string id_of(const std::filesystem::path& folder) {
    const Fd root(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return spool_id(root.get());
  }

  test::Folder folder;
};

TEST_F(SpoolId, S41_stays_the_same_for_a_spool) {
  const std::string id = id_of(folder.path());
  EXPECT_THAT(id, MatchesRegex("[0-9a-f]+"));
  EXPECT_EQ(id.size(), 32U);
  EXPECT_EQ(id_of(folder.path()), id);
}

TEST_F(SpoolId, S41_a_copy_of_a_spool_is_another_spool) {
  const std::string id = id_of(folder.path());
  const test::Folder copy;
  std::filesystem::copy(folder.path() / ".id", copy.path() / ".id");
  const std::string of_copy = id_of(copy.path());
  EXPECT_NE(of_copy, id);
  EXPECT_EQ(id_of(copy.path()), of_copy);
}

TEST_F(SpoolId, S41_what_is_cut_off_is_made_anew) {
  const std::string id = id_of(folder.path());
  std::ofstream(folder.path() / ".id", std::ios::trunc) << id.substr(0, 9);
  EXPECT_NE(id_of(folder.path()), id);
}

}  // namespace
}  // namespace packwarden
