"""Packwarden's packages on a Debian 12 host with a real systemd, from the installation to the purge: ./dev test-host

    test_host.py --packages DIR [--root DIR] [--keep]

Each line of its report is a thing that was proven. Ends with 0 only if all was.
"""

import argparse
import fcntl
import pathlib
import signal
import sys
import tempfile

import base
import debs
import host
import manual
from installing import Installing
from leaving import Leaving
from report import Failure, Report
from running import Running
from packwarden_site import Site

ROOT = pathlib.Path(__file__).resolve().parents[2]


def proven_in_order(report, site, pages):
    """False where nothing more can be proven."""
    def prove(scenario, *arguments):
        words = " ".join([scenario.__name__.replace("_", " "), *(word for word in arguments if isinstance(word, str))])
        return report.prove(words, lambda: scenario(*arguments), site.diagnosis)

    installing, running, leaving = Installing(site, pages), Running(site, pages), Leaving(site, pages)
    report.chapter("A new host")
    for scenario in (installing.packages_install_with_what_they_need_and_start_nothing,
                     installing.commands_of_the_manual_set_it_up_and_the_start_returns_when_it_serves,
                     installing.first_tenant_is_set_up_and_billed_by_the_commands_of_the_manual,
                     installing.dropped_file_is_billed):
        if not prove(scenario):
            return
    for scenario in (installing.notice_of_it_comes_in_by_a_channel_with_few_rights,
                     installing.plugins_come_by_packages_of_their_own,
                     installing.files_belong_to_whom_they_should,
                     installing.manual_pages_and_completion_are_there,
                     installing.units_tell_systemd_what_they_do,
                     installing.units_are_closed_as_far_as_they_were_rated,
                     installing.log_has_fields_and_explanations,
                     installing.metrics_and_health_answer):
        prove(scenario)
    for scene in ("weekly", "look", "look-service"):
        prove(installing.commands_of_the_manual_run_as_written, scene)
    pages.close()
    report.chapter("Its life")
    for scenario in (running.reload_brings_a_new_product_a_text_and_a_limit,
                     running.bad_reload_is_refused_and_the_old_settings_go_on,
                     running.what_needs_a_restart_is_refused_and_told,
                     running.daemon_killed_within_a_large_file_goes_on_and_bills_each_record_once,
                     running.killed_channel_comes_back_and_each_message_is_there_once,
                     running.hung_loop_is_restarted_by_the_watchdog,
                     running.daemon_outlives_a_database_that_stops_and_comes_back,
                     running.ledger_is_restored_to_the_last_commit_by_the_commands_of_the_manual,
                     running.all_comes_up_by_itself_after_a_reboot,
                     leaving.running_daemon_is_upgraded_and_changed_settings_are_kept):
        prove(scenario)
    report.chapter("Its end, and a beginning with an older version")
    prove(leaving.removal_stops_all_and_keeps_settings_and_spool)
    prove(leaving.purge_leaves_nothing_behind, installing.files_before)
    prove(leaving.older_package_upgrades_to_this_one_and_migrates)
    pages.close()
    prove(pages.no_command_for_a_host_is_left_out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--packages", type=pathlib.Path, default=ROOT / "build/package", help="where the .deb files are")
    parser.add_argument("--root", type=pathlib.Path, default=ROOT / "build/host",
                        help="where the base root is kept, and the host's files are while it runs")
    parser.add_argument("--keep", action="store_true", help="let the host run at the end, until Ctrl-C")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that what began is ended
    report, folder = Report(), options.root.resolve()
    try:
        base.needs()
        packages = debs.newest(options.packages)
        if not packages:
            raise Failure(f"no packages in {options.packages}; ./dev package builds them")
        with only_one(folder):
            report.chapter("This machine")
            debian = base.Base(folder)
            report.note("the base root was made" if debian.make() else "the base root was there")
            machine = host.Host(debian, folder / "run")
            pages = manual.Manual(machine)
            debian.fetch(pages.debian_packages(), packages)
            report.note("Debian packages are fetched")
            status = on_a_host(report, machine, pages, packages, options)
    except Failure as failure:
        print(f"test-host: {failure}", file=sys.stderr)
        status = 1
    except KeyboardInterrupt:
        status = 130
    return status


def only_one(folder):
    """The lock of its base root and its host, held until it is closed."""
    folder.mkdir(parents=True, exist_ok=True)
    lock = open(folder / "lock", "w", encoding="utf-8")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise Failure(f"another test host runs in {folder}; --root DIR gives this one a folder of its own") from None
    return lock


def on_a_host(report, machine, pages, packages, options):
    try:
        with tempfile.TemporaryDirectory() as scratch:
            for package in packages:
                machine.place(package, f"{debs.THERE}/{package.name}")
                made = debs.older(package, pathlib.Path(scratch))
                machine.place(made, f"{debs.OLDER_THERE}/{made.name}")
        machine.boot()
        report.note("the host runs")
        proven_in_order(report, Site(machine), pages)
        status = report.end()
        if options.keep:
            print(f"\nThe host runs until Ctrl-C. To come in:  {machine.shell_words()}", flush=True)
            signal.pause()
        return status
    finally:
        pages.close()
        machine.cut_power()
        machine.discard()


if __name__ == "__main__":
    sys.exit(main())
