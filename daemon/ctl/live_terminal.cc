#include "ctl/live_terminal.h"

#include <poll.h>
#include <pthread.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <string_view>
#include <system_error>

namespace packwarden {
namespace {

// The other screen, which leaves what was there alone, without a cursor.
constexpr std::string_view enter = "\033[?1049h\033[?25l";
constexpr std::string_view leave = "\033[?25h\033[?1049l";
constexpr std::array ending = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGABRT};

// For handlers of signals.
termios before;
termios live;
volatile std::sig_atomic_t redraw_wanted = 0;

// All that the handlers call may be called by them (signal-safety(7)).
void put(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return;  // a terminal that is gone needs nothing more
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
}

void take_terminal() {
  tcsetattr(STDIN_FILENO, TCSANOW, &live);
  put(enter);
}

void give_terminal_back() {
  put(leave);
  tcsetattr(STDIN_FILENO, TCSANOW, &before);
}

void handle(int signal, void (*handler)(int)) {
  struct sigaction action {};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;  // what reads the database is not disturbed
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

// Lets the signal do what it does by itself, at once.
void let_through(int signal) {
  handle(signal, SIG_DFL);
  sigset_t only;
  sigset_t rest;
  sigemptyset(&only);
  sigaddset(&only, signal);
  raise(signal);
  pthread_sigmask(SIG_UNBLOCK, &only, &rest);
  pthread_sigmask(SIG_SETMASK, &rest, nullptr);
}

void on_end(int signal) {
  give_terminal_back();
  let_through(signal);
}

void on_stop(int signal) {
  const int error = errno;
  give_terminal_back();
  let_through(signal);  // returns with SIGCONT
  handle(signal, on_stop);
  take_terminal();
  redraw_wanted = 1;
  errno = error;
}

void on_resize(int) {
  redraw_wanted = 1;
}

sigset_t those_of_wait() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGWINCH);
  sigaddset(&set, SIGTSTP);
  return set;
}

}  // namespace

LiveTerminal::LiveTerminal() {
  if (tcgetattr(STDIN_FILENO, &before) != 0) {
    throw std::system_error(errno, std::generic_category(), "standard input is no terminal");
  }
  live = before;
  live.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
  live.c_cc[VMIN] = 1;
  live.c_cc[VTIME] = 0;
  // These wait until wait() lets them in, so that none comes unseen between a look and the wait.
  const sigset_t waiting = those_of_wait();
  pthread_sigmask(SIG_BLOCK, &waiting, nullptr);
  for (const int signal : ending) handle(signal, on_end);
  handle(SIGTSTP, on_stop);
  handle(SIGWINCH, on_resize);
  take_terminal();
}

LiveTerminal::~LiveTerminal() {
  give_terminal_back();
  for (const int signal : ending) handle(signal, SIG_DFL);
  handle(SIGTSTP, SIG_DFL);
  handle(SIGWINCH, SIG_DFL);
  const sigset_t waiting = those_of_wait();
  pthread_sigmask(SIG_UNBLOCK, &waiting, nullptr);
}

void LiveTerminal::draw(const std::vector<std::string>& lines) {
  std::string frame = "\033[H";
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (i != 0) frame += "\r\n";
    frame += lines[i] + "\033[K";  // and nothing of the line that was there
  }
  put(frame + "\033[J");
}

LiveTerminal::Event LiveTerminal::wait(std::chrono::milliseconds longest) {
  const auto end = std::chrono::steady_clock::now() + longest;
  sigset_t none;
  pthread_sigmask(SIG_SETMASK, nullptr, &none);
  sigdelset(&none, SIGWINCH);
  sigdelset(&none, SIGTSTP);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
        end - std::chrono::steady_clock::now());
    if (left.count() <= 0) return Event::timeout;
    const timespec time{left.count() / 1'000'000'000, left.count() % 1'000'000'000};
    pollfd keys{keys_ ? STDIN_FILENO : -1, POLLIN, 0};
    const int ready = ppoll(&keys, 1, &time, &none);
    if (redraw_wanted != 0) {
      redraw_wanted = 0;
      return Event::redraw;
    }
    if (ready <= 0) continue;
    char key = 0;
    const ssize_t got = read(STDIN_FILENO, &key, 1);
    if (got == 1 && (key == 'q' || key == 'Q')) return Event::quit;
    if (got == 0) return Event::quit;
    if (got < 0 && errno != EINTR) keys_ = false;
  }
}

}  // namespace packwarden
