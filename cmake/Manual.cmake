# Manual pages and completion, made from the programs' own words and from docs/: see docs/man/.
find_package(Python3 REQUIRED COMPONENTS Interpreter)
find_program(LOWDOWN lowdown REQUIRED)
set(PACKWARDEN_MANUAL "${CMAKE_BINARY_DIR}/man")
set(PACKWARDEN_COMPLETION "${CMAKE_BINARY_DIR}/completion")
file(STRINGS "${CMAKE_SOURCE_DIR}/docs/man/pages.table" page_rows REGEX "^[a-z]")
set(manual_pages "")
set(manual_sources "${CMAKE_SOURCE_DIR}/docs/man/pages.table" "${CMAKE_SOURCE_DIR}/docs/man/make_pages.py")
foreach(row IN LISTS page_rows)
  string(REGEX MATCH "^([^(]+)\\(([0-9])\\) *\\| *([^ |]+)" _ "${row}")
  list(APPEND manual_pages "${PACKWARDEN_MANUAL}/${CMAKE_MATCH_1}.${CMAKE_MATCH_2}")
  list(APPEND manual_sources "${CMAKE_SOURCE_DIR}/${CMAKE_MATCH_3}")
endforeach()
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/docs/man/pages.table")
add_custom_command(
  OUTPUT ${manual_pages}
  COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_SOURCE_DIR}/docs/man/make_pages.py" "${PACKWARDEN_MANUAL}"
          "$<TARGET_FILE:packwardend>" "$<TARGET_FILE:packctl>"
  DEPENDS ${manual_sources} packwardend packctl
  VERBATIM)
set(completion_files "")
foreach(program packwardend packctl)
  list(APPEND completion_files "${PACKWARDEN_COMPLETION}/${program}" "${PACKWARDEN_COMPLETION}/_${program}")
endforeach()
add_custom_command(
  OUTPUT ${completion_files}
  COMMAND "${Python3_EXECUTABLE}" -B "${CMAKE_SOURCE_DIR}/docs/man/make_completion.py" "${PACKWARDEN_COMPLETION}"
          "$<TARGET_FILE:packwardend>" "$<TARGET_FILE:packctl>"
  DEPENDS "${CMAKE_SOURCE_DIR}/docs/man/make_completion.py" packwardend packctl
  VERBATIM)
add_custom_target(manual ALL DEPENDS ${manual_pages} ${completion_files})
