#pragma once

#include "logging/event.h"

// Every kind of line of the log, by what it is about. A new one: a name, what `systemd-id128 new`
// gives, a level, and its section in docs/MESSAGES.md. What was released keeps its id for ever.
namespace packwarden::events {

// The log itself
inline constexpr Event lines_left_out{"lines_left_out", "557d5e350dc44ce2a7454bb7b69e077a",
                                      LogLevel::info};

// The process
inline constexpr Event ready{"ready", "fc503026e6844991ad35c6531a3594cd", LogLevel::info};
inline constexpr Event stopping{"stopping", "904843fe99344567b15a4fcb11ee7c12", LogLevel::info};
inline constexpr Event stopped{"stopped", "113c060fa87e49dd8af348d38cdd461d", LogLevel::info};
inline constexpr Event settings_refused{"settings_refused", "9d4a9cbe29b546e194053208303db324",
                                        LogLevel::critical};
inline constexpr Event database_unavailable{"database_unavailable",
                                            "fbb945d3a4904b6992fe41354f269304", LogLevel::critical};
inline constexpr Event spool_name_lost{"spool_name_lost", "5a24ab76b5a24c3cbde35adb58539383",
                                       LogLevel::critical};
inline constexpr Event spool_name_back{"spool_name_back", "a3d9719b905642d9bc188e5053141705",
                                       LogLevel::warning};
inline constexpr Event meaning_recorded{"meaning_recorded", "46eb99c89426401eb78c51f3901ba8df",
                                        LogLevel::info};
inline constexpr Event meaning_refused{"meaning_refused", "bfb150a2e1cd41e5bce213f82fb8b7e0",
                                       LogLevel::critical};
inline constexpr Event server_unfit{"server_unfit", "a034de646bf14798b2593a9a94a453e6",
                                    LogLevel::critical};
inline constexpr Event server_unwise{"server_unwise", "3049c707c9a846d18d21bc606c403574",
                                     LogLevel::warning};
inline constexpr Event http_unavailable{"http_unavailable", "bcfb1908c60346dabb3f205833898420",
                                        LogLevel::critical};
inline constexpr Event spool_unavailable{"spool_unavailable", "9771bcd3fd8f4985b5a6ce850d65dbd6",
                                         LogLevel::critical};
inline constexpr Event stopped_by_fault{"stopped_by_fault", "9f47671c549948278e025996f6a763e5",
                                        LogLevel::critical};
inline constexpr Event as_of_refused{"as_of_refused", "0910760baac04248bea73e9d5337e172",
                                     LogLevel::critical};
inline constexpr Event priority_not_lowered{"priority_not_lowered",
                                            "50d6f71916f4486faf0f779aab67e03d", LogLevel::warning};
inline constexpr Event loop_stands_still{"loop_stands_still", "7bea0f15227e4b3f931b966621c6b760",
                                         LogLevel::critical};
inline constexpr Event loop_goes_on{"loop_goes_on", "a482110a51e245e4897d320cf84f7e07",
                                    LogLevel::warning};
inline constexpr Event reloaded{"reloaded", "0beb41cb46fc4d9a8413c9aeea26a9a5", LogLevel::info};
inline constexpr Event reload_fault{"reload_fault", "da9f3f25194246b782388d9847e0179e",
                                    LogLevel::error};
inline constexpr Event reload_refused{"reload_refused", "943858306b8a4039ae35354112a0afbf",
                                      LogLevel::error};
inline constexpr Event channel_removed{"channel_removed", "1ca34792f8124555967a63b14e942fee",
                                       LogLevel::info};

// packwardend up
inline constexpr Event child_hangs{"child_hangs", "ce5c0c1e71e24c4a966bbc5c3e8c031f",
                                   LogLevel::critical};
inline constexpr Event child_ended{"child_ended", "e1e4b50216744e668893ed7f65571e72",
                                   LogLevel::error};
inline constexpr Event failure_not_noted{"failure_not_noted", "81e6316ee034441189892fdae73d03cf",
                                         LogLevel::warning};

// Ingest
inline constexpr Event books_loaded{"books_loaded", "6e5acc5f46ae483db5d93ca02474fd96",
                                    LogLevel::info};
inline constexpr Event books_read_again{"books_read_again", "3ed00dec14d846f2a5e2912200ff5043",
                                        LogLevel::debug};
inline constexpr Event batch_committed{"batch_committed", "3028eb7d7848479280d58251ad3613f3",
                                       LogLevel::info};
inline constexpr Event file_taken{"file_taken", "3deb3a77a97a4d0b82412e632fe6c985", LogLevel::info};
inline constexpr Event file_repeated{"file_repeated", "5d99bc2c53eb47f7b544227ac178287b",
                                     LogLevel::info};
inline constexpr Event file_failed{"file_failed", "ee019e7025414be98b8c5480ae029b57",
                                   LogLevel::warning};
inline constexpr Event batch_narrowed{"batch_narrowed", "c2e0dbd18efc497c9c322ed6e0f94938",
                                      LogLevel::warning};
inline constexpr Event run_once_done{"run_once_done", "fdb6f88764a84732a57aacfa960d2bef",
                                     LogLevel::info};
inline constexpr Event index_size{"index_size", "a4cc8373a5594b018eaf87b6791e7e3e", LogLevel::info};
inline constexpr Event keys_let_go{"keys_let_go", "f097fee0a9c748b7bcc261484fc2c720",
                                   LogLevel::info};
inline constexpr Event ingest_waits{"ingest_waits", "8246a259a5b14c8eb274a4b29d93fb77",
                                    LogLevel::error};
inline constexpr Event other_history{"other_history", "a6648ebbe2f0408fbbce36175b3ea7ad",
                                     LogLevel::critical};
inline constexpr Event ledger_behind{"ledger_behind", "905716522a0c43159460decdcee4cf8b",
                                     LogLevel::critical};
inline constexpr Event ledger_waited_for{"ledger_waited_for", "15188bc97bea4ccfa6e629ea0ad1a162",
                                         LogLevel::warning};
inline constexpr Event ingest_goes_on{"ingest_goes_on", "7f5f521b338d4161b24c3d6a79161fe5",
                                      LogLevel::info};
inline constexpr Event spool_held{"spool_held", "4c41186b7f0042f59c785a7f9672d7ba",
                                  LogLevel::warning};
inline constexpr Event spool_released{"spool_released", "6237441033f54b99aed5ecc98686a161",
                                      LogLevel::info};
inline constexpr Event clocks_differ{"clocks_differ", "3c184756183a4e61ba3ce590efbb1dbd",
                                     LogLevel::error};

// Files of done/
inline constexpr Event done_removed{"done_removed", "8333531406cb4f5a9706fb2f01eddb8b",
                                    LogLevel::info};
inline constexpr Event done_packed{"done_packed", "84b05c824fc84625b26ba3dffce28461",
                                   LogLevel::debug};
inline constexpr Event done_passed_over{"done_passed_over", "f50fc73933584e248abfd75aedaba93e",
                                        LogLevel::warning};
inline constexpr Event packing_waits{"packing_waits", "99f4e244396e41ad95b7e7b62890ab66",
                                     LogLevel::error};
inline constexpr Event packing_goes_on{"packing_goes_on", "aa9f4ee2104b4a5082aa4bb566a57663",
                                       LogLevel::info};
inline constexpr Event packing_not_idle{"packing_not_idle", "47a3489819554d3e850512de62260eb5",
                                        LogLevel::debug};

// Jobs
inline constexpr Event job_done{"job_done", "8a4e306eaafb472c8d910b3afcc6f5c0", LogLevel::info};
inline constexpr Event job_busy{"job_busy", "e5cefc7bb5bc4f9b85bd9a4ed4513482", LogLevel::debug};
inline constexpr Event account_set_aside{"account_set_aside", "537d40bbc59d4a4ca53fada854164eb1",
                                         LogLevel::error};
inline constexpr Event account_taken_back{"account_taken_back", "588739ee21dc42feb68d3aff0308bb83",
                                          LogLevel::info};
inline constexpr Event jobs_wait{"jobs_wait", "94f1f4a9ee7445be85ca94a2df3f472c", LogLevel::error};
inline constexpr Event jobs_go_on{"jobs_go_on", "a4a99a88b897491eabad803f99568a9d", LogLevel::info};

// The ledger
inline constexpr Event commit_in_doubt{"commit_in_doubt", "8262a4652e794890aa5ebc767587fa16",
                                       LogLevel::warning};
inline constexpr Event transaction_repeated{"transaction_repeated",
                                            "18cdd1d0284848609852907d8c1c8952", LogLevel::info};
inline constexpr Event read_repeated{"read_repeated", "9071b0407618465fbdc884852bc4b738",
                                     LogLevel::debug};

// HTTP
inline constexpr Event http_listens{"http_listens", "05fe19dfd04c42518ae5c1eebd51f061",
                                    LogLevel::info};
inline constexpr Event http_fault{"http_fault", "40662ca76f2b417fb18f36f54dffb5c7",
                                  LogLevel::error};
inline constexpr Event http_crowded{"http_crowded", "12d3403f12be46d2a82c0f4f94ddd6e0",
                                    LogLevel::warning};
inline constexpr Event http_broken_off{"http_broken_off", "e9187a29a56d42158ae12185bc1cf95b",
                                       LogLevel::warning};
inline constexpr Event tokens_missing{"tokens_missing", "48f0d3aa822346568fa8b89ed5f42131",
                                      LogLevel::warning};
inline constexpr Event tokens_refused{"tokens_refused", "ad62732abeeb4487a63c8f0b1ed61b85",
                                      LogLevel::error};
inline constexpr Event tokens_changed{"tokens_changed", "48791ff80af941a9accafb5faace7af9",
                                      LogLevel::info};
inline constexpr Event entitlements_wait{"entitlements_wait", "35a584be36af4a63b05f288722c93030",
                                         LogLevel::error};
inline constexpr Event entitlements_go_on{"entitlements_go_on", "44047c89fd304f9f8aded43d9bd54888",
                                          LogLevel::info};
inline constexpr Event metrics_old{"metrics_old", "b8a4bc220da646f49e4aa86d7bd1572e",
                                   LogLevel::warning};
inline constexpr Event metrics_fresh{"metrics_fresh", "49d7822edefa4b278dcac6313821a3e4",
                                     LogLevel::info};

// Channels
inline constexpr Event channel_unknown{"channel_unknown", "293dbac10a9c4fafaf138f705bbba120",
                                       LogLevel::critical};
inline constexpr Event channel_broken{"channel_broken", "c33816a9be274601bea5a5f58bd36eba",
                                      LogLevel::critical};
inline constexpr Event channel_delivers{"channel_delivers", "492ca284764c4a80b23e05a638791bab",
                                        LogLevel::info};
inline constexpr Event channel_lost{"channel_lost", "5d5965d11a27457a9b5ce63608b4cc1f",
                                    LogLevel::warning};
inline constexpr Event channel_paused{"channel_paused", "b09fda2bd249408dbd77958e6a54d758",
                                      LogLevel::info};
inline constexpr Event channel_resumed{"channel_resumed", "f20d41e31d414d53ab7d34d79be3517d",
                                       LogLevel::info};
inline constexpr Event channel_waits{"channel_waits", "1402b2f2d4b44611953c75f4ff9e6f70",
                                     LogLevel::error};
inline constexpr Event channel_goes_on{"channel_goes_on", "444202f80a294dd7959a8656c27a6a40",
                                       LogLevel::info};
inline constexpr Event provider_unreachable{"provider_unreachable",
                                            "3608c26be2454df0a147d99b9644e9e4", LogLevel::warning};
inline constexpr Event claim_too_slow{"claim_too_slow", "e750fd99cb3e480f9a2a162e8488d5a4",
                                      LogLevel::warning};
inline constexpr Event deliveries_abandoned{"deliveries_abandoned",
                                            "10058bcbb204411898f55992b8631d8e", LogLevel::warning};
inline constexpr Event delivery_held{"delivery_held", "e893abe934a4445c9a5606f3495f0e4b",
                                     LogLevel::warning};
inline constexpr Event delivery_dead{"delivery_dead", "5733655116e741a88def5a1dbcc255ea",
                                     LogLevel::warning};
inline constexpr Event outcomes_not_stored{"outcomes_not_stored",
                                           "1f367a0935874e8eb252486227979eaf", LogLevel::warning};
inline constexpr Event outcomes_lost{"outcomes_lost", "0dd3043923c74a67bfd643cc54858131",
                                     LogLevel::error};

// Plugins
inline constexpr Event plugin_hangs{"plugin_hangs", "f2347ca814b14138b3e0f48aa2986735",
                                    LogLevel::critical};
inline constexpr Event plugin_ended{"plugin_ended", "9856dbd65cc74ae59fb1e05da522a4f9",
                                    LogLevel::critical};
inline constexpr Event plugin_memory_exceeded{
    "plugin_memory_exceeded", "c5291ed4dede48e88683ce96898a3678", LogLevel::critical};
inline constexpr Event plugin_memory_unlimited{
    "plugin_memory_unlimited", "20f8dda24a464fd7b5324e8a41af3721", LogLevel::warning};
inline constexpr Event plugin_misuse{"plugin_misuse", "8d6dab00fa4b452391efb782b8f6f4db",
                                     LogLevel::error};
inline constexpr Event plugin_store_failed{"plugin_store_failed",
                                           "c001cf6eadd94cbebdcbf6240761387e", LogLevel::error};
inline constexpr Event plugin_says_debug{"plugin_says_debug", "7dbe42d2fbac4803ae8a2f717df85340",
                                         LogLevel::debug};
inline constexpr Event plugin_says_info{"plugin_says_info", "8b3901e275874e3e86aa3af58d19064b",
                                        LogLevel::info};
inline constexpr Event plugin_says_warning{"plugin_says_warning",
                                           "331565b2dbb0497cac4330b95cdfa2d0", LogLevel::warning};
inline constexpr Event plugin_says_error{"plugin_says_error", "1db53de4b7a54c678440f4c85c57afca",
                                         LogLevel::error};

}  // namespace packwarden::events
