# PACKWARDEN_COMMIT: of which commit this is, for people; given by who builds without the repository, e.g. a package.
if(NOT PACKWARDEN_COMMIT)
  find_program(GIT git)
  set(PACKWARDEN_COMMIT unknown)
  if(GIT)
    execute_process(COMMAND "${GIT}" -C "${CMAKE_SOURCE_DIR}" rev-parse --short=12 HEAD
                    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
    execute_process(COMMAND "${GIT}" -C "${CMAKE_SOURCE_DIR}" rev-parse --path-format=absolute --git-path logs/HEAD
                    OUTPUT_VARIABLE log OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed)
      set(PACKWARDEN_COMMIT "${commit}")
      if(EXISTS "${log}")  # each commit is written there
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${log}")
      endif()
    endif()
  endif()
endif()
