# Tests from the outside, in Python (the standard library alone): included by tests/CMakeLists.txt.
# PACKWARDEN_TEST_SOCKET names the private MariaDB that `./dev test` starts; without it each starts its own.
find_package(Python3 3.11 REQUIRED COMPONENTS Interpreter)

function(packwarden_script_test name label timeout_s script)
  add_test(NAME ${name} COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/tests/${script}" ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS "${label}" TIMEOUT ${timeout_s} ENVIRONMENT
    "PACKWARDEN_BIN=${CMAKE_BINARY_DIR}/bin;PACKWARDEN_PLUGINS=${PACKWARDEN_PLUGIN_DIR};PYTHONDONTWRITEBYTECODE=1")
endfunction()

packwarden_script_test(e2e_reference fast 60 e2e/reference_test.py)
packwarden_script_test(e2e_usage_data fast 60 e2e/usage_data_test.py)
packwarden_script_test(faults_commit_proxy database 120 faults/commit_proxy_test.py)
packwarden_script_test(e2e_repeat "database;e2e" 180 e2e/repeat_test.py)
packwarden_script_test(faults_kill "database;e2e" 600 faults/kill_test.py)
packwarden_script_test(faults_two_daemons "database;e2e" 600 faults/two_daemons_test.py)
