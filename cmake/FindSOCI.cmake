# Debian ships no CMake config for SOCI. Defines SOCI::mysql (core and MySQL backend with its client library).
find_path(SOCI_INCLUDE_DIR soci/soci.h)
find_library(SOCI_CORE_LIBRARY soci_core)
find_library(SOCI_MYSQL_LIBRARY soci_mysql)
find_path(MYSQL_INCLUDE_DIR mysql.h PATH_SUFFIXES mariadb mysql)
find_library(MYSQL_CLIENT_LIBRARY NAMES mariadb mysqlclient)
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(SOCI REQUIRED_VARS SOCI_CORE_LIBRARY SOCI_MYSQL_LIBRARY SOCI_INCLUDE_DIR
                                  MYSQL_INCLUDE_DIR MYSQL_CLIENT_LIBRARY)
if(SOCI_FOUND AND NOT TARGET SOCI::mysql)
  add_library(SOCI::mysql INTERFACE IMPORTED)
  target_include_directories(SOCI::mysql SYSTEM INTERFACE "${SOCI_INCLUDE_DIR}" "${MYSQL_INCLUDE_DIR}")
  target_link_libraries(SOCI::mysql INTERFACE "${SOCI_MYSQL_LIBRARY}" "${SOCI_CORE_LIBRARY}" "${MYSQL_CLIENT_LIBRARY}")
endif()
