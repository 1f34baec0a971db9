# Where things go on Debian, for `cmake --install` and for the packages (debian/). The units, the settings' defaults and the
# documentation name these places.
include(GNUInstallDirs)
install(TARGETS packwardend packctl DESTINATION "${CMAKE_INSTALL_BINDIR}")
install(TARGETS plugin_inbox plugin_sms plugin_email plugin_webhook DESTINATION lib/packwarden)
install(FILES "${CMAKE_SOURCE_DIR}/config/packwarden.yaml" "${CMAKE_SOURCE_DIR}/config/catalogue.yaml"
        DESTINATION /etc/packwarden)
install(DIRECTORY "${CMAKE_SOURCE_DIR}/config/templates" DESTINATION /etc/packwarden)
install(FILES "${CMAKE_SOURCE_DIR}/systemd/packwardend.service" "${CMAKE_SOURCE_DIR}/systemd/packwarden-channel@.service"
        DESTINATION /lib/systemd/system)
install(FILES "${CMAKE_SOURCE_DIR}/systemd/packwarden.sysusers" DESTINATION lib/sysusers.d RENAME packwarden.conf)
install(FILES "${CMAKE_SOURCE_DIR}/systemd/packwarden.tmpfiles" DESTINATION lib/tmpfiles.d RENAME packwarden.conf)
install(FILES "${CMAKE_SOURCE_DIR}/systemd/packwarden.catalog" DESTINATION lib/systemd/catalog)
install(FILES "${CMAKE_SOURCE_DIR}/plugins/abi/notifier_abi.h" DESTINATION "${CMAKE_INSTALL_INCLUDEDIR}/packwarden")

foreach(page IN LISTS manual_pages)
  string(REGEX MATCH "[0-9]$" section "${page}")
  install(FILES "${page}" DESTINATION "${CMAKE_INSTALL_MANDIR}/man${section}")
endforeach()
install(FILES "${PACKWARDEN_COMPLETION}/packwardend" "${PACKWARDEN_COMPLETION}/packctl"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions")
install(FILES "${PACKWARDEN_COMPLETION}/_packwardend" "${PACKWARDEN_COMPLETION}/_packctl"
        DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions")
