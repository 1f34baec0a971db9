#include "http/connection.h"

#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <cstring>
#include <type_traits>

namespace packwarden {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using TlsStream = asio::ssl::stream<HttpSocket>;

// A head at its limit still leaves room to read on.
constexpr std::size_t input_bytes = 2 * max_header_bytes;

enum class Phase {
  handshake,
  reading,  // of a head that has begun, or of a new connection
  idle,     // between two requests
  writing,
  lingering,  // all is said; what the client still sends is thrown away
};

template <class Stream>
class StreamConnection final : public Connection,
                               public std::enable_shared_from_this<StreamConnection<Stream>> {
 public:
  template <class... Arguments>
  explicit StreamConnection(const ConnectionContext& context, Arguments&&... arguments)
      : context_(context), exchange_(context.site), stream_(std::forward<Arguments>(arguments)...) {
    context_.list.all.insert(this);
  }
  ~StreamConnection() override {
    context_.list.all.erase(this);
    context_.list.on_gone();
  }
  StreamConnection(const StreamConnection&) = delete;
  StreamConnection& operator=(const StreamConnection&) = delete;

  void start() override {
    expire_after(context_.options.header_timeout_ms);
    if constexpr (is_tls) {
      phase_ = Phase::handshake;
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](const error_code& failed) {
                                if (failed) return self->abort();
                                self->begin_reading();
                              });
    } else {
      begin_reading();
    }
  }

  void check_time(SteadyTime now) override {
    if (now < deadline_) return;
    if (phase_ == Phase::idle || phase_ == Phase::reading) return interrupt();
    abort();
  }

  void finish() override {
    if (phase_ == Phase::handshake) return abort();
    const bool waits = (phase_ == Phase::idle || phase_ == Phase::reading) && input_size_ == 0;
    error_code unknown;
    if (waits && socket().available(unknown) == 0) interrupt();
  }

  void abort() override {
    error_code gone_already;
    socket().close(gone_already);
  }

 private:
  static constexpr bool is_tls = std::is_same_v<Stream, TlsStream>;

  HttpSocket& socket() {
    if constexpr (is_tls) {
      return stream_.next_layer();
    } else {
      return stream_;
    }
  }

  void expire_after(std::uint32_t ms) {
    deadline_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(ms);
  }

  // Lets the read that is under way come back.
  void interrupt() {
    interrupted_ = true;
    error_code gone_already;
    socket().cancel(gone_already);
  }

  void begin_reading() {
    phase_ = Phase::reading;
    read();
  }

  void read() {
    stream_.async_read_some(
        asio::buffer(input_.data() + input_size_, input_.size() - input_size_),
        [self = this->shared_from_this()](const error_code& failed, std::size_t bytes) {
          self->after_read(failed, bytes);
        });
  }

  void after_read(const error_code& failed, std::size_t bytes) {
    if (interrupted_ && failed == asio::error::operation_aborted) return after_interrupt();
    if (failed == asio::error::eof) return linger();  // under TLS its goodbye has an answer
    if (failed) return abort();
    interrupted_ = false;
    if (phase_ == Phase::idle) begin_head();
    input_size_ += bytes;
    go_on();
  }

  void after_interrupt() {
    if (input_size_ == 0) return linger();
    exchange_.answer_too_slow(output_);
    close_ = true;
    write();
  }

  void begin_head() {
    phase_ = Phase::reading;
    expire_after(context_.options.header_timeout_ms);
  }

  // Answers what is whole in the input; reads on where nothing is.
  void go_on() {
    const Exchange::Progress progress = exchange_.answer({input_.data(), input_size_}, output_);
    input_size_ -= progress.used_bytes;
    if (input_size_ > 0) {
      std::memmove(input_.data(), input_.data() + progress.used_bytes, input_size_);
    }
    close_ = progress.close;
    if (!output_.empty()) return write();
    if (phase_ != Phase::reading) begin_head();
    read();
  }

  void write() {
    phase_ = Phase::writing;
    expire_after(context_.options.header_timeout_ms);
    asio::async_write(stream_, asio::buffer(output_),
                      [self = this->shared_from_this()](const error_code& failed, std::size_t) {
                        self->after_write(failed);
                      });
  }

  void after_write(const error_code& failed) {
    if (failed) return abort();
    output_.clear();
    if (close_ || (context_.site.is_stopping && input_size_ == 0)) return linger();
    if (input_size_ > 0) return go_on();
    phase_ = Phase::idle;
    expire_after(context_.options.idle_timeout_ms);
    read();
  }

  // Closing at once while the client still sends would make its system throw the answer away.
  void linger() {
    phase_ = Phase::lingering;
    expire_after(context_.options.linger_timeout_ms);
    if constexpr (is_tls) {
      stream_.async_shutdown([self = this->shared_from_this()](const error_code&) {
        self->end_sending();  // a client that does not say goodbye is gone all the same
      });
    } else {
      end_sending();
    }
  }

  void end_sending() {
    error_code failed;
    socket().shutdown(asio::socket_base::shutdown_send, failed);
    if (failed) return abort();
    discard();
  }

  void discard() {
    socket().async_read_some(asio::buffer(input_), [self = this->shared_from_this()](
                                                       const error_code& failed, std::size_t) {
      if (failed) return self->abort();
      self->discard();
    });
  }

  ConnectionContext context_;
  Exchange exchange_;
  Stream stream_;
  Phase phase_ = Phase::reading;
  SteadyTime deadline_;
  bool interrupted_ = false;
  bool close_ = false;
  std::size_t input_size_ = 0;
  std::array<char, input_bytes> input_;
  std::string output_;
};

}  // namespace

std::shared_ptr<Connection> make_connection(HttpSocket socket, asio::ssl::context* tls,
                                            const ConnectionContext& context) {
  if (tls == nullptr) {
    return std::make_shared<StreamConnection<HttpSocket>>(context, std::move(socket));
  }
  return std::make_shared<StreamConnection<TlsStream>>(context, std::move(socket), *tls);
}

}  // namespace packwarden
