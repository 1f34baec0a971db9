/* A whole plugin: appends a line for each message to the file that the setting output_file names.
 */
#define _POSIX_C_SOURCE 200809L
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "notifier_abi.h"

struct pw_instance {
  int file;
};

static int create(const struct pw_setting* const* settings, size_t count,
                  const struct pw_host* host, struct pw_instance** instance, char* error,
                  size_t error_size) {
  (void)host; /* this one has no need of it */
  if (count != 1 || strcmp(settings[0]->key, "output_file") != 0) {
    snprintf(error, error_size, "give the setting output_file, and no other");
    return PW_ERROR;
  }
  const int file = open(settings[0]->value, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
  *instance = file < 0 ? NULL : malloc(sizeof **instance);
  if (*instance == NULL) {
    snprintf(error, error_size, "%.200s cannot be opened; is its folder there?",
             settings[0]->value);
    if (file >= 0) close(file);
    return PW_ERROR;
  }
  (*instance)->file = file;
  return PW_OK;
}

static int deliver(struct pw_instance* instance, const struct pw_message* const* messages,
                   size_t count, struct pw_result* const* results, uint32_t deadline_ms) {
  (void)deadline_ms; /* a write to a file of this host does not wait */
  for (size_t i = 0; i < count; ++i) {
    const int length = dprintf(instance->file, "%s\t%s\t%s\n", messages[i]->idempotency_key,
                               messages[i]->recipient, messages[i]->subject);
    if (length > 0) results[i]->outcome = PW_OUTCOME_ACCEPTED;
    /* Else it stays unknown, as the host set it: a part of the line may be there. */
  }
  if (fsync(instance->file) == 0) return PW_OK;
  for (size_t i = 0; i < count; ++i) {
    results[i]->outcome = PW_OUTCOME_UNKNOWN;
    snprintf(results[i]->reason, sizeof results[i]->reason, "the disk may not have it");
  }
  return PW_OK;
}

static int check(struct pw_instance* instance, char* error, size_t error_size) {
  if (fcntl(instance->file, F_GETFL) >= 0) return PW_OK;
  snprintf(error, error_size, "the file is not open any more");
  return PW_ERROR;
}

static void destroy(struct pw_instance* instance) {
  close(instance->file);
  free(instance);
}

static const struct pw_notifier notifier = {sizeof(struct pw_notifier),
                                            PW_NOTIFIER_ABI_VERSION,
                                            "sample",
                                            "1",
                                            100,
                                            0,
                                            0,
                                            create,
                                            deliver,
                                            check,
                                            destroy};

const struct pw_notifier* pw_notifier_entry(uint32_t host_abi_version) {
  return host_abi_version == PW_NOTIFIER_ABI_VERSION ? &notifier : NULL;
}
