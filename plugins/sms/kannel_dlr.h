#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "notifier_abi.h"

namespace sms {

// The dlr-url of the message with `key`: Kannel calls it for each report, with its own %d and %A
// filled in. Below `base`, which ends without ?. The key is in hex, as Kannel takes % for the
// beginning of an escape of its own; the token shows that the URL was made here. Pure.
std::string kannel_dlr_url(const std::string& base, std::string_view secret, std::string_view key);

struct KannelReport {
  std::string key;
  pw_report report;
  std::string detail;  // what the centre said, with the kind of report
};

struct KannelDlr {
  unsigned http_status = 200;          // what to answer where there is no report
  std::optional<KannelReport> report;  // to be passed on
};

// Reads the path and query of a request to such a URL. Nothing of it is trusted before its token is
// found right. Pure.
KannelDlr read_kannel_dlr(std::string_view target, std::string_view secret);

}  // namespace sms
