# Small plugins, most of them broken on purpose, for the tests of the plugin host and the relay.
set(PACKWARDEN_FIXTURE_DIR "${CMAKE_BINARY_DIR}/lib/fixtures")

function(packwarden_fixture name source)
  add_library(fixture_${name} MODULE "${CMAKE_SOURCE_DIR}/tests/plugins/fixtures/${source}")
  target_include_directories(fixture_${name} PRIVATE "${CMAKE_SOURCE_DIR}/plugins/abi")
  target_compile_definitions(fixture_${name} PRIVATE ${ARGN})
  set_target_properties(fixture_${name} PROPERTIES PREFIX "" OUTPUT_NAME ${name}
                        LIBRARY_OUTPUT_DIRECTORY "${PACKWARDEN_FIXTURE_DIR}" C_VISIBILITY_PRESET hidden)
  set_property(GLOBAL APPEND PROPERTY PACKWARDEN_FIXTURES fixture_${name})
endfunction()

packwarden_fixture(no_symbol no_symbol.c)
packwarden_fixture(wrong_version broken.c BROKEN_VERSION)
packwarden_fixture(small_struct broken.c BROKEN_SIZE)
packwarden_fixture(tiny_struct broken.c BROKEN_TINY)
packwarden_fixture(serves_nobody broken.c BROKEN_NULL)
packwarden_fixture(no_deliver broken.c BROKEN_DELIVER)
packwarden_fixture(no_batch broken.c BROKEN_BATCH)
packwarden_fixture(scripted scripted.c)
packwarden_fixture(beast beast.cc)
packwarden_fixture(sample ../../../plugins/sample/sample.c)
target_compile_options(fixture_sample PRIVATE -Wall -Wextra -Wpedantic -Werror)  # it is what others begin with
foreach(deed CRASHES HANGS THROWS EXITS FORKS)
  string(TOLOWER ${deed} name)
  packwarden_fixture(${name}_at_load at_load.cc AT_LOAD_${deed})
endforeach()

# The interface is C99: this is a test that the compiler runs.
add_library(abi_is_c99 OBJECT "${CMAKE_SOURCE_DIR}/tests/plugins/fixtures/abi_is_c99.c")
target_include_directories(abi_is_c99 PRIVATE "${CMAKE_SOURCE_DIR}/plugins/abi")
target_compile_options(abi_is_c99 PRIVATE -std=c99 -pedantic -Wall -Wextra -Werror)
set_property(GLOBAL APPEND PROPERTY PACKWARDEN_FIXTURES abi_is_c99 plugin_inbox)

get_property(fixtures GLOBAL PROPERTY PACKWARDEN_FIXTURES)

# One plugin in the daemon's host, for the tests that start a real provider.
add_executable(drive_plugin plugins/drive/drive_plugin.cc)
target_include_directories(drive_plugin PRIVATE "${CMAKE_SOURCE_DIR}/tests")
target_link_libraries(drive_plugin PRIVATE pw_channel Boost::json packwarden_warnings)
add_dependencies(drive_plugin ${fixtures})

foreach(test test_plugins test_channel)
  if(TARGET ${test})
    add_dependencies(${test} ${fixtures})
  endif()
endforeach()
