#pragma once

#include <cstdint>
#include <string>

#include "message.h"
#include "settings.h"

namespace email {

enum class Security { starttls, tls, none };

// The settings of the channel; README.md has the table.
struct Config {
  std::string host;
  std::uint16_t port = 0;
  Security security = Security::starttls;
  std::string username;  // empty: no log-in
  std::string password;
  std::string ca_file;  // empty: the system's
  bool verify = true;   // the server's certificate
  std::string helo;     // empty: libcurl's default, the name of this host
  std::uint32_t connections_max = 0;
  Identity identity;
};

// What is wrong with them is told by settings.finish().
Config read_config(pw_plugin::Settings& settings);

// smtp[s]://host:port/helo
std::string url_of(const Config& config);

}  // namespace email
