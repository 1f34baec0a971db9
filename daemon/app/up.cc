#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <csignal>
#include <deque>

#include "app/composition.h"
#include "app/daemon.h"
#include "app/kept_child.h"
#include "store/channel_board.h"

namespace packwarden {
namespace {

namespace asio = boost::asio;

// On the board, where operators look: a process that crashed cannot say so itself.
void note_failure(const Settings& settings, const std::string& channel, const std::string& how) {
  try {
    MysqlChannelBoard(database_address(settings), channel).set_failed(how);
  } catch (const DatabaseError& error) {
    spdlog::warn("that channel {} {} is not noted: {}", channel, how, error.what());
  }
}

}  // namespace

int run_up(const Settings& settings, const std::string& config_path) {
  asio::io_context io;
  asio::signal_set signals(io, SIGTERM, SIGINT);
  std::deque<KeptChild> children;
  children.emplace_back(io, KeptChild::Options{"ingest", {"--config", config_path}, {}, {}});
  for (const ChannelSettings& channel : settings.channels) {
    children.emplace_back(
        io, KeptChild::Options{"channel " + channel.name,
                               {"--config", config_path, "channel", channel.name},
                               std::chrono::seconds(channel.silent_max_s),
                               [&settings, name = channel.name](const std::string& how) {
                                 note_failure(settings, name, how);
                               }});
  }
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (error) return;
    spdlog::info("stopping all");
    for (KeptChild& child : children) child.stop();
  });
  for (KeptChild& child : children) child.start();
  io.run();  // until all children have ended after the stop
  spdlog::info("stopped");
  return 0;
}

}  // namespace packwarden
