#include "http/request_reader.h"

#include <gtest/gtest.h>

namespace packwarden {
namespace {

TEST(RequestReader, waits_for_the_end_of_a_head_wherever_it_is_cut) {
  const std::string whole = "\r\nGET /a HTTP/1.1\r\nHost: test\r\nAuthorization: Bearer x\r\n\r\n";
  HttpRequest request;
  std::size_t used_bytes = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read_request(std::string_view(whole).substr(0, size), request, used_bytes),
              ReadResult::incomplete)
        << size;
  }
  const std::string followed = whole + "GET /b";
  EXPECT_EQ(read_request(followed, request, used_bytes), ReadResult::whole);
  EXPECT_EQ(used_bytes, whole.size());
  EXPECT_EQ(request.target, "/a");
  EXPECT_EQ(request.authorization, "Bearer x");
  EXPECT_EQ(request.hosts, 1u);
  EXPECT_TRUE(request.is_get);
  EXPECT_TRUE(request.keep_alive);
  EXPECT_FALSE(request.has_body);
}

TEST(RequestReader, keeps_nothing_of_the_request_before) {
  HttpRequest request;
  std::size_t used_bytes = 0;
  ASSERT_EQ(
      read_request("GET / HTTP/1.0\r\nHost: a\r\nAuthorization: b\r\nContent-Length: 1\r\n\r\n",
                   request, used_bytes),
      ReadResult::whole);
  EXPECT_TRUE(request.is_http_1_0);
  EXPECT_TRUE(request.has_body);
  EXPECT_FALSE(request.keep_alive);
  ASSERT_EQ(read_request("HEAD / HTTP/1.1\r\n\r\n", request, used_bytes), ReadResult::whole);
  EXPECT_TRUE(request.is_head);
  EXPECT_FALSE(request.is_http_1_0);
  EXPECT_FALSE(request.has_body);
  EXPECT_EQ(request.authorization, "");
  EXPECT_EQ(request.authorizations + request.hosts, 0u);
}

}  // namespace
}  // namespace packwarden
