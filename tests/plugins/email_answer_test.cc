#include <curl/curl.h>
#include <gmock/gmock.h>

#include <string>

#include "email/answer.h"

namespace email {

void PrintTo(Stage stage, std::ostream* out) {
  *out << static_cast<int>(stage);
}

namespace {

struct Case {
  const char* name;
  Exchange exchange;
  pw_outcome outcome;
};

class EmailAnswer : public testing::TestWithParam<Case> {};

TEST_P(EmailAnswer, IsSorted) {
  EXPECT_EQ(sort_answer(GetParam().exchange).outcome, GetParam().outcome);
}

INSTANTIATE_TEST_SUITE_P(
    Table, EmailAnswer,
    testing::Values(
        Case{"taken", {CURLE_OK, Stage::end, 250, "250 queued"}, PW_OUTCOME_ACCEPTED},
        Case{"no_connection", {CURLE_COULDNT_CONNECT, Stage::connect, 0, ""}, PW_OUTCOME_RETRY},
        Case{"no_name", {CURLE_COULDNT_RESOLVE_HOST, Stage::connect, 0, ""}, PW_OUTCOME_RETRY},
        Case{"greeting_421", {CURLE_WEIRD_SERVER_REPLY, Stage::connect, 421, ""}, PW_OUTCOME_RETRY},
        Case{"greeting_554", {CURLE_WEIRD_SERVER_REPLY, Stage::connect, 554, ""}, PW_OUTCOME_HOLD},
        Case{"no_starttls", {CURLE_USE_SSL_FAILED, Stage::hello, 250, ""}, PW_OUTCOME_HOLD},
        Case{
            "unknown_ca", {CURLE_PEER_FAILED_VERIFICATION, Stage::hello, 220, ""}, PW_OUTCOME_HOLD},
        Case{"hello_refused", {CURLE_REMOTE_ACCESS_DENIED, Stage::hello, 550, ""}, PW_OUTCOME_HOLD},
        Case{"wrong_password", {CURLE_LOGIN_DENIED, Stage::auth, 535, ""}, PW_OUTCOME_HOLD},
        Case{"log_in_later", {CURLE_LOGIN_DENIED, Stage::auth, 454, ""}, PW_OUTCOME_RETRY},
        Case{"no_way_to_log_in", {CURLE_LOGIN_DENIED, Stage::hello, 250, ""}, PW_OUTCOME_HOLD},
        Case{"sender_refused", {CURLE_SEND_ERROR, Stage::mail, 550, ""}, PW_OUTCOME_HOLD},
        Case{"log_in_wanted", {CURLE_SEND_ERROR, Stage::mail, 530, ""}, PW_OUTCOME_HOLD},
        Case{"sender_later", {CURLE_SEND_ERROR, Stage::mail, 451, ""}, PW_OUTCOME_RETRY},
        Case{"too_large", {CURLE_SEND_ERROR, Stage::mail, 552, ""}, PW_OUTCOME_REJECTED},
        Case{"no_mailbox",
             {CURLE_SEND_ERROR, Stage::recipient, 550, "550 5.1.1 no such user"},
             PW_OUTCOME_REJECTED},
        Case{"greylisted", {CURLE_SEND_ERROR, Stage::recipient, 450, ""}, PW_OUTCOME_RETRY},
        Case{"full", {CURLE_SEND_ERROR, Stage::recipient, 452, ""}, PW_OUTCOME_RETRY},
        Case{"no_relay",
             {CURLE_SEND_ERROR, Stage::recipient, 554, "554 5.7.1 Relay access denied"},
             PW_OUTCOME_HOLD},
        Case{
            "log_in_for_recipient", {CURLE_SEND_ERROR, Stage::recipient, 530, ""}, PW_OUTCOME_HOLD},
        Case{"data_later", {CURLE_SEND_ERROR, Stage::data, 451, ""}, PW_OUTCOME_RETRY},
        Case{"data_refused", {CURLE_SEND_ERROR, Stage::data, 554, ""}, PW_OUTCOME_REJECTED},
        Case{"dropped_before_data", {CURLE_RECV_ERROR, Stage::recipient, 0, ""}, PW_OUTCOME_RETRY},
        Case{"late_before_data", {CURLE_OPERATION_TIMEDOUT, Stage::data, 0, ""}, PW_OUTCOME_RETRY},
        Case{"dropped_inside", {CURLE_SEND_ERROR, Stage::body, 0, ""}, PW_OUTCOME_RETRY},
        Case{"late_inside", {CURLE_OPERATION_TIMEDOUT, Stage::body, 0, ""}, PW_OUTCOME_RETRY},
        Case{"content_later", {CURLE_RECV_ERROR, Stage::end, 451, ""}, PW_OUTCOME_RETRY},
        Case{"content_refused", {CURLE_RECV_ERROR, Stage::end, 554, ""}, PW_OUTCOME_REJECTED},
        Case{"dropped_after_dot", {CURLE_RECV_ERROR, Stage::end, 0, ""}, PW_OUTCOME_UNKNOWN},
        Case{"late_after_dot", {CURLE_OPERATION_TIMEDOUT, Stage::end, 0, ""}, PW_OUTCOME_UNKNOWN},
        Case{"odd_after_dot", {CURLE_WEIRD_SERVER_REPLY, Stage::end, 354, ""}, PW_OUTCOME_UNKNOWN}),
    [](const auto& found) { return std::string(found.param.name); });

TEST(EmailAnswerReason, SaysWhenAndGivesTheServersWords) {
  EXPECT_EQ(sort_answer({CURLE_SEND_ERROR, Stage::recipient, 550, "550 5.1.1 no such user"}).reason,
            "to RCPT TO: 550 5.1.1 no such user");
  EXPECT_EQ(sort_answer({CURLE_OK, Stage::end, 250, "250 queued as 4711"}).reason,
            "250 queued as 4711");
}

TEST(EmailAnswerReason, OnlyAFailureBeforeTheMailIsOneForAll) {
  EXPECT_TRUE(failed_for_all({CURLE_LOGIN_DENIED, Stage::auth, 535, ""}));
  EXPECT_FALSE(failed_for_all({CURLE_SEND_ERROR, Stage::mail, 550, ""}));
  EXPECT_FALSE(failed_for_all({CURLE_OK, Stage::end, 250, ""}));
}

}  // namespace
}  // namespace email
