#include "config.h"

#include <arpa/inet.h>
#include <unistd.h>

#include <algorithm>

#include "address.h"

namespace email {
namespace {

constexpr std::size_t kNameBytesMax = 200;
constexpr std::size_t kUrlBytesMax = 900;  // a header line has at most 998

bool is_ip6(std::string_view host) {
  return host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

bool is_loopback(const std::string& host) {
  in_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return ntohl(address.s_addr) >> 24 == 127;
  return host == "localhost" || host == "::1";
}

bool is_url(std::string_view text) {
  const bool is_known =
      text.starts_with("https://") || text.starts_with("http://") || text.starts_with("mailto:");
  return is_known && text.size() <= kUrlBytesMax &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return letter > 0x20 && letter < 0x7F && letter != '<' && letter != '>' && letter != ',';
         });
}

Security security_of(const std::string& word) {
  if (word == "none") return Security::none;
  return word == "tls" ? Security::tls : Security::starttls;
}

std::uint16_t default_port(Security security) {
  if (security == Security::none) return 25;
  return security == Security::tls ? 465 : 587;
}

std::string host_name(pw_plugin::Settings& settings, const char* key, const std::string& value) {
  if (!value.empty() && !is_host_name(value)) {
    settings.refuse(std::string("setting ") + key + " is no host name; write it in ASCII");
    return "";
  }
  return value;
}

void read_server(pw_plugin::Settings& settings, Config& config) {
  config.host = settings.required_text("host");
  if (!config.host.empty() && !is_ip6(config.host) && !is_host_name(config.host)) {
    settings.refuse("setting host is neither a host name nor an address; write it without a port");
  }
  config.security = security_of(settings.one_of("security", {"starttls", "tls", "none"}));
  if (config.security == Security::none && !is_loopback(config.host)) {
    settings.refuse("security: none is for a mail server on this host; use starttls or tls");
  }
  config.port = static_cast<std::uint16_t>(
      settings.whole_number("port", default_port(config.security), 1, 65'535));
  config.verify = settings.flag("verify", true);
  config.ca_file = settings.text("ca_file");
  if (!config.ca_file.empty() && access(config.ca_file.c_str(), R_OK) != 0) {
    settings.refuse("setting ca_file: " + config.ca_file +
                    " cannot be read; name a file with certificates as PEM");
  }
  config.helo = host_name(settings, "helo", settings.text("helo"));
  config.connections_max =
      static_cast<std::uint32_t>(settings.whole_number("connections_max", 4, 1, 64));
}

void read_log_in(pw_plugin::Settings& settings, Config& config) {
  config.username = settings.text("username");
  if (!config.username.empty()) {
    config.password = settings.secret_from_file("password_file");
  } else if (!settings.text("password_file").empty()) {
    settings.refuse("setting password_file is there without username; give both or none");
  }
}

void read_identity(pw_plugin::Settings& settings, Identity& identity) {
  identity.from = settings.required_text("from");
  if (const std::string fault = fault_of_address(identity.from); !fault.empty()) {
    settings.refuse("the address of setting from " + fault);
  }
  identity.from_name = settings.text("from_name");
  if (identity.from_name.size() > kNameBytesMax) {
    settings.refuse("setting from_name has more than 200 bytes; write a shorter one");
  }
  identity.message_id_domain = host_name(
      settings, "message_id_domain", settings.text("message_id_domain", domain_of(identity.from)));
  identity.list_unsubscribe = settings.text("list_unsubscribe");
  if (!identity.list_unsubscribe.empty() && !is_url(identity.list_unsubscribe)) {
    settings.refuse("setting list_unsubscribe is no https:, http: or mailto: URL; write one");
  }
}

}  // namespace

Config read_config(pw_plugin::Settings& settings) {
  Config config;
  read_server(settings, config);
  read_log_in(settings, config);
  read_identity(settings, config.identity);
  return config;
}

std::string url_of(const Config& config) {
  const std::string scheme = config.security == Security::tls ? "smtps://" : "smtp://";
  const std::string host = is_ip6(config.host) ? "[" + config.host + "]" : config.host;
  return scheme + host + ":" + std::to_string(config.port) + "/" + config.helo;
}

}  // namespace email
