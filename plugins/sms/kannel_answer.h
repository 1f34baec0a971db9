#pragma once

#include "http_client.h"
#include "outcome.h"

namespace sms {

// What an answer of Kannel's sendsms says about its one message. Pure.
pw_plugin::Outcome sort_kannel_answer(const pw_plugin::HttpAnswer& answer);

}  // namespace sms
