/* The interface between a channel process of packwardend and a notifier plugin, in C99.
 *
 * A plugin is a shared library that exports one symbol, pw_notifier_entry. It includes this header
 * and nothing else of Packwarden.
 *
 * Versions: PW_NOTIFIER_ABI_VERSION changes when existing fields change; the host then refuses
 * older plugins. New fields and functions are added at the end of a struct and change only its
 * struct_size: whoever reads a struct reads no field that lies beyond the struct_size that its
 * writer set. Structs that come in numbers come as arrays of pointers, so that the size known to
 * one side is not the stride of the other.
 *
 * Ownership: whoever made a thing frees it, and nothing changes hands. Each field says how long it
 * lives. Text is UTF-8 and ends with NUL. A `char x[N]` that a plugin fills is cut by the host at N
 * bytes if it has no NUL.
 *
 * Threads: the host calls an instance from one thread at a time. The functions of pw_host that a
 * plugin may call from threads of its own say so.
 *
 * Time: a function that does not return within its limit ends the process of the channel; what was
 * being delivered is then unknown.
 *
 * Law: a plugin lets no C++ exception out of a function of this interface or out of a thread, does
 * not end the process, and does not fork (posix_spawn and system are fine). One that does has lost
 * its state, and the host ends the process of the channel with a line in its log; what was being
 * delivered is then unknown. The same goes for loading the library. It leaves the handlers of
 * signals, of std::terminate and the locale as they are; SIGPIPE is ignored.
 */
#ifndef PACKWARDEN_NOTIFIER_ABI_H
#define PACKWARDEN_NOTIFIER_ABI_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define PW_NOTIFIER_ABI_VERSION 1u

#define PW_PROVIDER_ID_BYTES 128
#define PW_REASON_BYTES 256

#if defined(__GNUC__)
#define PW_NOTIFIER_EXPORT __attribute__((visibility("default")))
#else
#define PW_NOTIFIER_EXPORT
#endif

/* What create, check and deliver return. Any other number is taken for nonsense: see each function.
 */
enum pw_status { PW_OK = 0, PW_ERROR = 1 };

enum pw_log_level { PW_LOG_DEBUG = 0, PW_LOG_INFO = 1, PW_LOG_WARNING = 2, PW_LOG_ERROR = 3 };

enum pw_store_status {
  PW_STORE_OK = 0,   /* stored and committed, by this call or an earlier one */
  PW_STORE_ERROR = 1 /* not known to be stored; the same call may be made again later */
};

/* What became of one message. */
enum pw_outcome {
  PW_OUTCOME_UNKNOWN =
      0, /* the provider may or may not have it; held or sent again, as set for the channel */
  PW_OUTCOME_ACCEPTED = 1, /* the provider has it; provider_id may say under which name */
  PW_OUTCOME_REJECTED = 2, /* the provider will never take it; reason says why. It is dead. */
  PW_OUTCOME_RETRY =
      3, /* the provider surely does not have it; send it again, not before retry_after_ms */
  PW_OUTCOME_HOLD = 4 /* the provider surely does not have it, and takes it only after a person has
                         done what reason says: the account there is empty, a text is not approved.
                         It waits for `packctl notice retry`. */
};

/* What a provider reports of a message after it was accepted. */
enum pw_report {
  PW_REPORT_PENDING = 0,   /* on its way; nothing changes, detail is kept */
  PW_REPORT_DELIVERED = 1, /* it has reached its recipient */
  PW_REPORT_FAILED = 2     /* it will not reach its recipient; the delivery is dead */
};

/* One setting of the channel. The value of a key that ends in _file is an absolute path. Owned by
 * the host; valid until create returns. */
struct pw_setting {
  uint32_t struct_size;
  const char* key;
  const char* value;
};

/* One message to deliver to one recipient. Owned by the host; valid until deliver returns. No text
 * is NULL. */
struct pw_message {
  uint32_t struct_size;
  uint32_t attempt;            /* 1 for the first */
  const char* idempotency_key; /* the same over all attempts: pass it on if the provider knows such
                                  a thing */
  const char* account;         /* whom the message is for */
  const char* recipient; /* address in the way of the channel; empty for the in-site channel */
  const char* language;  /* zh-CN, en */
  const char* kind;      /* of the notice, e.g. pack_usage; test for `packctl channel test` */
  const char* subject;   /* one line, may be empty */
  const char* body;
  const char* html;  /* the body as HTML; empty where the channel has none */
  const char* facts; /* JSON object: what the text speaks of, by the names that templates use */
  const char* occurred_at; /* RFC 3339, UTC: when it came about that the text speaks of */
};

/* What became of the message with the same index. Owned by the host, which sets struct_size, sets
 * outcome to PW_OUTCOME_UNKNOWN and all else to zero before the call; the plugin fills it in before
 * deliver returns. */
struct pw_result {
  uint32_t struct_size;
  uint32_t outcome;        /* enum pw_outcome; any other number is taken for PW_OUTCOME_UNKNOWN */
  uint32_t retry_after_ms; /* with PW_OUTCOME_RETRY; 0: the host's own back-off */
  char provider_id[PW_PROVIDER_ID_BYTES];
  char reason[PW_REASON_BYTES];
};

/* What the host does for a plugin. Owned by the host; valid from create until destroy returns. A
 * function is NULL where the channel has no right to it. Texts that are passed in are owned by the
 * plugin and needed until the call returns. */
struct pw_host {
  uint32_t struct_size;
  uint32_t abi_version;
  void* context; /* first argument of all functions below */

  /* Writes a line to the log of the channel. level: enum pw_log_level. From any thread. */
  void (*log)(void* context, int level, const char* text);

  /* Stores in-site messages, each once per idempotency key, all or none; returns enum
   * pw_store_status. Only while deliver runs, and from its thread. */
  int (*store_messages)(void* context, const struct pw_message* const* messages, size_t count);

  /* Keeps what the provider reports of the message with this key, also while deliver still runs.
   * report: enum pw_report; detail: the provider's own words, may be empty. Returns enum
   * pw_store_status: unless it is PW_STORE_OK, let the provider report again. Reports of unknown
   * keys are dropped, with PW_STORE_OK. From any thread. */
  int (*report)(void* context, const char* idempotency_key, int report, const char* detail);
};

/* Defined by the plugin. Made by create, owned by the plugin, ended by destroy. */
struct pw_instance;

/* What a plugin is and can do. Owned by the plugin; valid and unchanged as long as the process
 * lives. */
struct pw_notifier {
  uint32_t struct_size;
  uint32_t
      abi_version;     /* PW_NOTIFIER_ABI_VERSION of the header that the plugin was compiled with */
  const char* name;    /* e.g. "inbox" */
  const char* version; /* of the plugin, for the log */
  uint32_t batch_max;  /* most messages per deliver, from 1 */
  uint32_t text_bytes_max; /* most bytes of subject and body together; 0: no limit */
  uint32_t rate_max_per_s; /* most messages a second that the provider takes; 0: no limit */

  /* Makes an instance from the channel's settings; opens what it needs, but sends nothing. Returns
   * PW_OK and sets *instance to it (not NULL), or returns PW_ERROR and writes a sentence with its
   * NUL to `error`, which the host owns and which has error_size bytes. */
  int (*create)(const struct pw_setting* const* settings, size_t setting_count,
                const struct pw_host* host, struct pw_instance** instance, char* error,
                size_t error_size);

  /* Delivers `count` (1 to batch_max) messages within deadline_ms from now, and says what became of
   * each. To be back in time is the plugin's duty: what it could not finish it leaves unknown, or
   * marks to be retried if it was not begun. Returns PW_OK; the results count. PW_ERROR: surely
   * nothing was sent; the host retries all, and the reason of the first result may say why. Any
   * other number: all are unknown. */
  int (*deliver)(struct pw_instance* instance, const struct pw_message* const* messages,
                 size_t count, struct pw_result* const* results, uint32_t deadline_ms);

  /* Whether the provider could be reached now, without sending anything. PW_OK, or PW_ERROR with a
   * sentence as in create. */
  int (*check)(struct pw_instance* instance, char* error, size_t error_size);

  /* Ends the instance and its threads; after it the plugin calls no function of its host. */
  void (*destroy)(struct pw_instance* instance);
};

/* The one exported symbol. host_abi_version is that of the host; a plugin that cannot serve it
 * returns NULL. */
PW_NOTIFIER_EXPORT const struct pw_notifier* pw_notifier_entry(uint32_t host_abi_version);

#ifdef __cplusplus
}
#endif

#endif
