#pragma once

#include <boost/asio/ssl/context.hpp>
#include <string>

namespace packwarden {

// For a server: TLS 1.2 and up, with the certificate chain and key of these PEM files. Throws
// HttpUnavailable where they cannot be read or do not belong together.
boost::asio::ssl::context make_tls_context(const std::string& certificate, const std::string& key);

}  // namespace packwarden
