#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <fstream>
#include <system_error>

#include "ctl/desk.h"
#include "ctl/packctl.h"
#include "ctl/progress.h"
#include "ctl/receipt_words.h"

namespace packwarden {
namespace {

struct ReplayWords {
  std::string history;
  std::string answers;
};

// docs/HISTORIES.md
struct HistoryLine {
  Instant at;
  std::vector<std::string> words;  // empty: a file
  std::string file;
  std::string content;
};

constexpr const char* line_forms =
    R"(it is {"at":INSTANT,"do":[WORD,...]} or {"at":INSTANT,"file":NAME,"content":TEXT})";

[[noreturn]] void not_a_line(const std::string& why) {
  throw LineFailed(2, "history", fmt::format("{}; {}", why, line_forms));
}

std::string text_of(const boost::json::object& object, std::string_view key) {
  const boost::json::value* value = object.if_contains(key);
  if (value == nullptr || !value->is_string()) not_a_line(fmt::format("'{}' is no text", key));
  return std::string(value->get_string());
}

std::vector<std::string> words_of(const boost::json::value& value) {
  const boost::json::array* array = value.if_array();
  if (array == nullptr || array->empty()) not_a_line("'do' is no list of words");
  std::vector<std::string> words;
  for (const boost::json::value& word : *array) {
    if (!word.is_string()) not_a_line("a word of 'do' is no text");
    words.emplace_back(word.get_string());
  }
  return words;
}

HistoryLine parse_line(const std::string& text) {
  boost::json::error_code error;
  const boost::json::value value = boost::json::parse(text, error);
  if (error || !value.is_object()) not_a_line("this is no JSON object");
  const boost::json::object& object = value.get_object();
  HistoryLine line;
  const std::string at = text_of(object, "at");
  const auto instant = parse_rfc3339(at.data(), at.data() + at.size());
  if (!instant) not_a_line(fmt::format("'{}' is no instant: {}", at, instant.error()));
  line.at = *instant;
  if (const boost::json::value* words = object.if_contains("do")) {
    if (object.size() != 2) not_a_line("there is more than 'at' and 'do'");
    line.words = words_of(*words);
    return line;
  }
  line.file = text_of(object, "file");
  line.content = text_of(object, "content");
  if (object.size() != 3) not_a_line("there is more than 'at', 'file' and 'content'");
  if (line.file.empty() || line.file.front() == '.' || line.file.find('/') != std::string::npos ||
      line.file.ends_with(".tmp")) {
    not_a_line(fmt::format("'{}' is no name of a usage file (U1)", shown_bytes(line.file)));
  }
  return line;
}

LineAnswer play(Desk& desk, const HistoryLine& line) {
  DaemonOfHistory& daemon = desk.context().daemon_of_history();
  if (line.words.empty()) {
    daemon.drop(line.file, line.content);
    daemon.take_files(line.at);
    return {};
  }
  if (line.words == std::vector<std::string>{"run-once"}) {
    daemon.take_files(line.at);
    daemon.run_jobs(line.at);
    return {};
  }
  if (line.words.front() == "replay") {
    throw LineFailed(2, "history", "a history cannot play another one; leave the line out");
  }
  return run_words(desk, line.words, line.at);
}

// A history begins with nothing: else its end would say nothing.
void require_nothing(Desk& desk) {
  Context& context = desk.context();
  if (!context.allow_as_of()) {
    throw Refused({"as_of_not_allowed",
                   "A replay plays years through. Never in production: set allow_as_of: true in " +
                       desk.config_path + "."});
  }
  const StatusNumbers ledger = context.reports().status();
  if (ledger.accounts + ledger.packs + ledger.files > 0) {
    throw Refused({"not_empty",
                   fmt::format("The ledger is not empty: it has {} accounts, {} packs and {} usage "
                               "files. Make a new database, and run packctl migrate.",
                               ledger.accounts, ledger.packs, ledger.files)});
  }
  for (const JobRow& job : context.jobs().jobs()) {
    if (!job.done_until) continue;
    throw Refused(
        {"not_empty",
         fmt::format("Job {} has run on this database, so that it would go on from there. "
                     "Make a new database, and run packctl migrate.",
                     job.name)});
  }
  context.daemon_of_history();  // it makes the folders of the spool that are missing
  const SpoolState spool = context.spool().state(0);
  if (spool.incoming.files + spool.work.files + spool.retry.files > 0) {
    throw Refused({"not_empty",
                   "The spool has usage files that wait. Name an empty folder as spool.directory "
                   "of the settings."});
  }
}

class Answers {
 public:
  explicit Answers(const std::string& path) : path_(path) {
    if (path.empty()) return;
    file_.open(path, std::ios::trunc);
    check();
  }
  void add(std::uint64_t line_no, const LineAnswer& answer) {
    if (path_.empty()) return;
    boost::json::object object{{"line", line_no}, {"status", answer.status}};
    if (answer.status != 0) object["code"] = answer.code;
    file_ << boost::json::serialize(object) << '\n';
  }
  void close() {
    if (path_.empty()) return;
    file_.close();
    check();
  }

 private:
  void check() {
    if (file_) return;
    throw std::system_error(errno, std::generic_category(),
                            path_ + " cannot be written; name another file with --answers");
  }

  std::string path_;
  std::ofstream file_;
};

void replay(Desk& desk, const ReplayWords& words) {
  require_nothing(desk);
  errno = 0;
  std::ifstream history(words.history, std::ios::binary | std::ios::ate);
  if (!history) {
    throw std::system_error(errno, std::generic_category(),
                            words.history + " cannot be read; name a history file");
  }
  const auto all_bytes = static_cast<std::uint64_t>(history.tellg());
  history.seekg(0);
  Answers answers(words.answers);
  Progress progress("replaying", !desk.json);
  std::int64_t done = 0;
  std::int64_t refused = 0;
  std::uint64_t line_no = 0;
  std::uint64_t bytes = 0;
  for (std::string text; std::getline(history, text);) {
    ++line_no;
    bytes += text.size() + 1;
    if (text.empty()) continue;
    try {
      const LineAnswer answer = play(desk, parse_line(text));
      ++(answer.status == 0 ? done : refused);
      answers.add(line_no, answer);
    } catch (const LineFailed& failed) {
      throw LineFailed(
          failed.status, failed.code,
          fmt::format("{}:{}: {}. {} lines before it were played; a replay begins anew "
                      "with an empty database.",
                      words.history, line_no, failed.what(), done + refused));
    }
    progress.show(bytes, all_bytes);
  }
  answers.close();
  if (desk.json) return desk.print(boost::json::object{{"done", done}, {"refused", refused}});
  desk.out() << with_separators(done) << " lines done, " << with_separators(refused)
             << " refused.\n";
}

}  // namespace

void add_replay_words(CLI::App& app, Action& chosen) {
  const auto words = std::make_shared<ReplayWords>();
  CLI::App* command = app.add_subcommand(
      "replay", "play a history file into an empty database (docs/HISTORIES.md)");
  command->add_option("history", words->history, "one JSON object a line")
      ->type_name("FILE")
      ->required();
  command->add_option("--answers", words->answers, "the answer to each line goes here, as JSON")
      ->type_name("FILE");
  command->final_callback(
      [&chosen, words] { chosen = [words](Desk& desk) { replay(desk, *words); }; });
}

}  // namespace packwarden
