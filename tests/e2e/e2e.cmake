# Tests from the outside, in Python (the standard library alone): included by tests/CMakeLists.txt.
# PACKWARDEN_TEST_SOCKET names the private MariaDB that `./dev test` starts; a test that finds none
# starts one of its own.
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

function(packwarden_outside_test name labels timeout_s script)
  add_test(NAME ${name} COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_SOURCE_DIR}/tests/${script}" ${ARGN})
  set(environment "PACKWARDEN_BIN=${CMAKE_BINARY_DIR}/bin"
                  "PACKWARDEN_PLUGINS=${PACKWARDEN_PLUGIN_DIR}")
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT ${timeout_s}
                       ENVIRONMENT "${environment}")
endfunction()

packwarden_outside_test(e2e_reference fast 60 e2e/reference_test.py)
packwarden_outside_test(e2e_usage_data fast 60 e2e/usage_data_test.py)
packwarden_outside_test(e2e_usage_formats fast 60 e2e/usage_formats_test.py)
packwarden_outside_test(storm_parts fast 60 storm/storm_parts_test.py)
packwarden_outside_test(logging_text fast 60 logging/text_test.py)
packwarden_outside_test(logging_journal fast 120 logging/journal_test.py)
packwarden_outside_test(logging_ingest "database;e2e" 120 logging/ingest_journal_test.py)
packwarden_outside_test(faults_commit_proxy database 120 faults/commit_proxy_test.py)
packwarden_outside_test(e2e_repeat "database;e2e" 300 e2e/repeat_test.py)
packwarden_outside_test(faults_kill "database;e2e" 600 faults/kill_test.py)
packwarden_outside_test(faults_two_daemons "database;e2e" 600 faults/two_daemons_test.py)
set_tests_properties(faults_two_daemons PROPERTIES PROCESSORS 2)
packwarden_outside_test(e2e_producer "database;e2e" 120 e2e/producer_test.py)
packwarden_outside_test(e2e_life "database;e2e" 300 e2e/life_test.py)
packwarden_outside_test(e2e_reload "database;e2e" 300 e2e/reload_test.py)
packwarden_outside_test(e2e_deployment "database;e2e" 300 e2e/deployment_test.py)
packwarden_outside_test(e2e_operators "database;e2e" 300 e2e/operators_test.py)
packwarden_outside_test(e2e_answers "database;e2e" 120 e2e/answers_test.py)
packwarden_outside_test(e2e_status "database;e2e" 300 e2e/status_test.py)
packwarden_outside_test(e2e_statement "database;e2e" 300 e2e/statement_test.py)
packwarden_outside_test(e2e_wrong_commands "database;e2e" 300 e2e/wrong_commands_test.py)
packwarden_outside_test(e2e_server_settings "database;e2e" 300 e2e/server_settings_test.py)
packwarden_outside_test(e2e_entitlement "database;e2e" 120 e2e/entitlement_test.py)
packwarden_outside_test(e2e_metrics "database;e2e" 300 e2e/metrics_test.py)
packwarden_outside_test(faults_settlement "database;e2e" 300 faults/settlement_test.py)
# 10,000 files are for running by hand: tests/faults/hostile_test.py
packwarden_outside_test(faults_hostile "database;e2e" 600 faults/hostile_test.py --files 1500)
set_tests_properties(faults_hostile PROPERTIES PROCESSORS 2)
# N8's figure is for running by hand, on a quiet machine: tests/faults/zoo_test.py --measure
packwarden_outside_test(faults_zoo "database;e2e" 300 faults/zoo_test.py)
set_tests_properties(faults_zoo PROPERTIES PROCESSORS 2)
# 10,000 histories are for running by hand: ./dev histories
packwarden_outside_test(histories "database;e2e" 600 histories/histories_test.py --histories 200 --chunk 50)
set_tests_properties(histories PROPERTIES PROCESSORS 2)
packwarden_outside_test(histories_replay "database;e2e" 300 histories/replay_test.py)
# Longer ones are for running by hand: ./dev storm
packwarden_outside_test(storm_of_a_fixed_seed "database;e2e" 600 storm/storm_test.py --seconds 30 --seed 16)
packwarden_outside_test(storm_of_a_new_seed "database;e2e" 600 storm/storm_test.py --seconds 30)
set_tests_properties(storm_of_a_fixed_seed storm_of_a_new_seed PROPERTIES PROCESSORS 2)

# Plugins against real providers, through drive_plugin. Debian's own Python is the one that sees python3-aiosmtpd.
find_program(PACKWARDEN_DEBIAN_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH REQUIRED)
packwarden_outside_test(plugins_tencent e2e 120 plugins/tencent_test.py)
packwarden_outside_test(plugins_kannel e2e 120 plugins/kannel_test.py)
packwarden_outside_test(plugins_webhook e2e 120 plugins/webhook_test.py)
packwarden_outside_test(faults_unreliable_provider e2e 120 faults/unreliable_provider_test.py)
packwarden_outside_test(faults_notices_account fast 60 faults/notices_account_test.py)
# 100,000 notices are for running by hand: tests/faults/notices_test.py
packwarden_outside_test(faults_notices "database;e2e" 300 faults/notices_test.py --notices 5000)
set_tests_properties(faults_notices PROPERTIES PROCESSORS 2)
function(packwarden_debian_python_test name labels script)
  add_test(NAME ${name} COMMAND "${PACKWARDEN_DEBIAN_PYTHON}" -B "${CMAKE_SOURCE_DIR}/tests/${script}")
  set_tests_properties(${name} PROPERTIES LABELS "${labels}" TIMEOUT 120
    ENVIRONMENT "PACKWARDEN_BIN=${CMAKE_BINARY_DIR}/bin;PACKWARDEN_PLUGINS=${PACKWARDEN_PLUGIN_DIR}")
endfunction()
foreach(script email sample zoo)
  packwarden_debian_python_test(plugins_${script} e2e plugins/${script}_test.py)
endforeach()
packwarden_debian_python_test(e2e_channels "database;e2e" e2e/channels_test.py)
