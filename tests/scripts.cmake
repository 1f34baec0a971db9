# Tests that are scripts. All of these are fast: no database, nothing to build but the binaries.
find_package(Python3 REQUIRED COMPONENTS Interpreter)

function(packwarden_script_test name)
  add_test(NAME ${name} COMMAND "${Python3_EXECUTABLE}" -B ${ARGN})
  set_tests_properties(${name} PROPERTIES LABELS fast TIMEOUT 60)
endfunction()

packwarden_script_test(tidy "${CMAKE_SOURCE_DIR}/tests/tidy/tidy.py" "${CMAKE_SOURCE_DIR}")
packwarden_script_test(tidy_shows_breaks "${CMAKE_SOURCE_DIR}/tests/tidy/tidy_test.py")
packwarden_script_test(monitoring_rules "${CMAKE_SOURCE_DIR}/tests/monitoring/rules_test.py")
set_tests_properties(monitoring_rules PROPERTIES TIMEOUT 300)
packwarden_script_test(messages "${CMAKE_SOURCE_DIR}/tests/logging/messages_test.py")
packwarden_script_test(mutants_table "${CMAKE_SOURCE_DIR}/tests/mutants/mutants.py" "${CMAKE_SOURCE_DIR}" --check)
packwarden_script_test(mutants_table_shows_faults "${CMAKE_SOURCE_DIR}/tests/mutants/mutants_test.py")
packwarden_script_test(debian "${CMAKE_SOURCE_DIR}/tests/package/debian_test.py")
if(TARGET packwardend)  # SKELETON
  # 1.3 is the most that a unit may be rated; the scale of --threshold is ten times as fine.
  foreach(unit packwardend.service packwarden-channel@.service)
    add_test(NAME systemd_rates_${unit} COMMAND systemd-analyze security --offline=true --no-pager --threshold=13
             "${CMAKE_SOURCE_DIR}/systemd/${unit}")
    set_tests_properties(systemd_rates_${unit} PROPERTIES LABELS fast TIMEOUT 60)
  endforeach()
  packwarden_script_test(manual_pages "${CMAKE_SOURCE_DIR}/tests/manual/pages_test.py" "${PACKWARDEN_MANUAL}"
                         "$<TARGET_FILE:packwardend>" "$<TARGET_FILE:packctl>")
  packwarden_script_test(completion "${CMAKE_SOURCE_DIR}/tests/manual/completion_test.py" "${PACKWARDEN_COMPLETION}")
  packwarden_script_test(systemd_unit "${CMAKE_SOURCE_DIR}/tests/systemd/verify_unit.py"
                         "${CMAKE_SOURCE_DIR}/systemd/packwardend.service" "$<TARGET_FILE:packwardend>")
  packwarden_script_test(systemd_channel_unit "${CMAKE_SOURCE_DIR}/tests/systemd/verify_unit.py"
                         "${CMAKE_SOURCE_DIR}/systemd/packwarden-channel@.service" "$<TARGET_FILE:packwardend>")
endif()
